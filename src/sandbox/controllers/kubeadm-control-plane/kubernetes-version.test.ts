import { describe, expect, it } from "vitest";
import { compareVersions, isAtLeastMinor } from "./kubernetes-version.ts";

describe("Kubernetes versions", () => {
  it("sorts by semver, what is none last", () => {
    // https://semver.org/#spec-item-11, with Kubernetes' own.
    const sorted = [
      "v1.9.3",
      "v1.34.0-alpha",
      "v1.34.0-alpha.1",
      "v1.34.0-alpha.beta",
      "v1.34.0-beta.2",
      "v1.34.0-beta.11",
      "v1.34.0-rc.1",
      "v1.34.0",
      "v1.34.2",
      "v1.35.0",
      "v2.0.0",
      "latest",
      "none",
    ];
    expect(sorted.toReversed().sort(compareVersions)).toEqual(sorted);
  });

  it.each([
    ["v1.30.9", 31, false],
    ["v1.31.0-rc.0", 31, true],
    ["v1.36.1", 31, true],
    ["v2.0.0", 31, true],
    ["latest", 31, false],
  ])("%s is at least minor %d: %s", (version, minor, expected) => {
    expect(isAtLeastMinor(version, minor)).toBe(expected);
  });
});
