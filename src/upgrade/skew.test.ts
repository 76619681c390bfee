import { describe, expect, it } from "vitest";
import { versionOf } from "./kubernetes-version.ts";
import { apiServersAllowed, kubeletAllowed, kubeletMinorsBehind } from "./skew.ts";

// https://kubernetes.io/releases/version-skew-policy, written down by hand.
describe("kubelet against kube-apiserver", () => {
  it.each([
    // kubelet, kube-apiserver, allowed
    ["v1.34.0", "v1.34.0", true],
    ["v1.34.9", "v1.34.0", true],
    ["v1.33.0", "v1.34.0", true],
    ["v1.32.0", "v1.34.0", true],
    ["v1.31.0", "v1.34.0", true],
    ["v1.30.0", "v1.34.0", false],
    ["v1.35.0", "v1.34.0", false],
    // "kubelet < 1.25 may only be up to two minor versions older"
    ["v1.25.0", "v1.28.0", true],
    ["v1.24.0", "v1.28.0", false],
    ["v1.24.0", "v1.27.0", false],
    ["v1.25.0", "v1.27.0", true],
    ["v1.24.0", "v1.26.0", true],
    ["v1.22.0", "v1.24.0", true],
    ["v1.21.0", "v1.24.0", false],
    ["v1.34.0", "v2.34.0", false],
    ["v2.34.0", "v1.34.0", false],
  ])("a kubelet of %s at %s: %s", (kubelet, apiServer, allowed) => {
    expect(kubeletAllowed(versionOf(kubelet), versionOf(apiServer))).toBe(allowed);
  });
  it.each([
    ["v1.27.9", 2],
    ["v1.28.0", 3],
    ["v1.40.0", 3],
    ["v2.0.0", 3],
  ])("%s bears kubelets of %i minors before", (apiServer, minors) => {
    expect(kubeletMinorsBehind(versionOf(apiServer))).toBe(minors);
  });
});

describe("kube-apiservers of one cluster", () => {
  it.each([
    ["v1.34.0", "v1.34.5", true],
    ["v1.34.0", "v1.35.0", true],
    ["v1.35.0", "v1.34.0", true],
    ["v1.33.0", "v1.35.0", false],
    ["v1.35.0", "v1.33.0", false],
    ["v1.35.0", "v2.35.0", false],
  ])("%s beside %s: %s", (oldest, newest, allowed) => {
    expect(apiServersAllowed(versionOf(oldest), versionOf(newest))).toBe(allowed);
  });
});
