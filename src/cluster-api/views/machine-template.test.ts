import { describe, expect, it } from "vitest";
import { readVersionPins, versionsIn } from "./machine-template.ts";

describe("versionsIn", () => {
  it.each([
    ["kindest/node:v1.34.0", ["v1.34.0"]],
    ["kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a", ["v1.34.0"]],
    ["ubuntu-2204-kube-v1.34.0", ["v1.34.0"]],
    ["ubuntu-2204-kube-v1.34.0.qcow2", ["v1.34.0"]],
    ["capi-ubuntu-22.04-1.34.0", ["v1.34.0"]],
    ["capa-ami-ubuntu-24.04-v1.34.10-1759000000", ["v1.34.10"]],
    ["capi-ubuntu-1.34.0-20250101", ["v1.34.0"]],
    ["https://dl.k8s.io/release/v1.34.0/bin/linux/amd64/kubelet", ["v1.34.0"]],
    ["v1.34.0", ["v1.34.0"]],
    ["1.34.0", ["v1.34.0"]],
    ["image_1.34.0_amd64", ["v1.34.0"]],
    ["kindest/node:v1.35.0-rc.1", ["v1.35.0-rc.1"]],
    ["rke2 v1.34.1+rke2r1", ["v1.34.1+rke2r1"]],
    ["1.34.0-eks-2025", ["v1.34.0"]],
    ["from v1.34.0 to v1.35.2, then v1.34.0", ["v1.34.0", "v1.35.2"]],
    ["v1.60.0", ["v1.60.0"]],
    ["v1.20.15", ["v1.20.15"]],
  ])("%s → %j", (text, expected) => {
    expect(versionsIn(text)).toEqual(expected);
  });

  it.each([
    ["ubuntu-22.04"],
    ["Ubuntu 22.04.5"],
    ["flatcar-stable-4081.2.1"],
    ["v1.34"],
    ["kube-1.34.x"],
    ["v2.34.0"],
    ["v1.19.16"],
    ["v1.61.0"],
    ["v1.7.20"],
    ["11.34.0"],
    ["1.134.0"],
    ["1.34.0.1"],
    ["10.1.34.0"],
    ["1.34.01"],
    ["a1.34.0"],
    ["abcv1.34.0"],
    ["1.34.0a"],
    ["nginx:1.27.0"],
    ["docker.io/library/nginx:1.27.0-alpine"],
    ["golang:1.25.3"],
    ["istio/proxyv2:1.24.2"],
    ["sha256:1f340"],
    [""],
  ])("%s has none", (text) => {
    expect(versionsIn(text)).toEqual([]);
  });
});

describe("readVersionPins", () => {
  it("looks only at what a machine boots from, in path order", () => {
    const pins = readVersionPins({
      metadata: { annotations: { image: "kindest/node:v1.30.0" } },
      spec: {
        note: "v1.31.0",
        template: {
          metadata: { annotations: { image: "kindest/node:v1.34.0" } },
          spec: {
            preLoadImages: ["kube-webhook:v1.33.0"],
            instances: [{ ami: { name: "capa-ubuntu-24.04-v1.34.0" } }, { ami: { name: "x" } }],
            customImage: "kindest/node:v1.34.0",
            count: 3,
            none: null,
          },
        },
      },
    });
    expect(pins).toEqual([
      { path: ["spec", "template", "metadata", "annotations", "image"], value: "kindest/node:v1.34.0", version: "v1.34.0" },
      { path: ["spec", "template", "spec", "customImage"], value: "kindest/node:v1.34.0", version: "v1.34.0" },
      { path: ["spec", "template", "spec", "instances", 0, "ami", "name"], value: "capa-ubuntu-24.04-v1.34.0", version: "v1.34.0" },
    ]);
  });

  it("orders list items by number, not by text", () => {
    const list = Array.from({ length: 11 }, () => "v1.34.0");
    expect(readVersionPins({ spec: { template: { spec: { list } } } }).map((pin) => pin.path.at(-1))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  it("looks at all of the spec of an infrastructure pool, which is no template", () => {
    expect(readVersionPins({ kind: "AWSMachinePool", spec: { awsLaunchTemplate: { imageLookupFormat: "capa-v1.34.0" } } })).toMatchObject([
      { path: ["spec", "awsLaunchTemplate", "imageLookupFormat"], version: "v1.34.0" },
    ]);
  });

  it("reads an object without a spec", () => {
    expect(readVersionPins({})).toEqual([]);
  });
});
