import * as fc from "fast-check";
import semver from "semver";
import { describe, expect, it } from "vitest";
import {
  compareVersions,
  minorName,
  orderOf,
  parseVersion,
  runsVersion,
  sameMinor,
  sameVersion,
  sortVersions,
  versionOf,
  versionRange,
} from "./kubernetes-version.ts";

const identifier = fc.stringMatching(/^[0-9A-Za-z-]{1,6}$/);
const number = fc.integer({ min: 0, max: 60 });
const suffix = (sign: string): fc.Arbitrary<string> =>
  fc.array(identifier, { maxLength: 3 }).map((parts) => (parts.length === 0 ? "" : `${sign}${parts.join(".")}`));
const versionText = fc
  .tuple(number, number, number, suffix("-"), suffix("+"))
  .map(([major, minor, patch, prerelease, build]) => `v${major}.${minor}.${patch}${prerelease}${build}`);
const fewVersions = fc
  .tuple(
    fc.integer({ min: 0, max: 1 }),
    fc.integer({ min: 0, max: 2 }),
    fc.constantFrom("", "-1", "-a", "-a.1", "-a.b", "-2.a", "-10"),
    fc.constantFrom("", "+1", "+a", "+b", "+01", "+1.a", "+1.b"),
  )
  .map(([minor, patch, prerelease, build]) => `v1.${minor}.${patch}${prerelease}${build}`);

describe("parseVersion", () => {
  it.each([
    ["v1.35.2", [1, 35, 2], [], []],
    ["v1.30.4+rke2r1", [1, 30, 4], [], ["rke2r1"]],
    ["v1.31.0+k3s1", [1, 31, 0], [], ["k3s1"]],
    ["v1.28.7-eks-abc", [1, 28, 7], ["eks-abc"], []],
    ["v1.22.3---vmware.1-tkg.1", [1, 22, 3], ["--vmware", "1-tkg", "1"], []],
    ["v1.36.0-rc.1+build.007", [1, 36, 0], ["rc", "1"], ["build", "007"]],
    ["v1.36.0-0a", [1, 36, 0], ["0a"], []],
  ] as const)("%s", (text, [major, minor, patch], prerelease, build) => {
    expect(parseVersion(text)).toEqual({ text, major, minor, patch, prerelease, build });
    expect(versionOf(text).text).toBe(text);
  });

  it.each([
    "",
    "1.35.2",
    "v1.35",
    "v1",
    "v1.35.2.1",
    "V1.35.2",
    "v01.35.2",
    "v1.035.2",
    "v1.35.02",
    "v1.35.2-",
    "v1.35.2-01",
    "v1.35.2-rc.01",
    "v1.35.2-rc..1",
    "v1.35.2+",
    "v1.35.2+a_b",
    " v1.35.2",
    "v1.35.2\n",
    "xv1.35.2",
    "latest",
    "v9007199254740993.0.0",
    "v1.9007199254740993.0",
    "v1.0.9007199254740993",
  ])("%j is none", (text) => {
    expect(parseVersion(text)).toBeUndefined();
    expect(() => versionOf(text)).toThrow(`${JSON.stringify(text)} is not a Kubernetes version such as v1.35.2.`);
  });

  it("takes what semver takes, behind a v", () => {
    fc.assert(
      fc.property(versionText, (text) => {
        const oracle = semver.parse(text.slice(1));
        const parsed = parseVersion(text);
        expect(parsed === undefined).toBe(oracle === null);
        if (parsed === undefined || oracle === null) return;
        expect([parsed.major, parsed.minor, parsed.patch]).toEqual([oracle.major, oracle.minor, oracle.patch]);
        expect(parsed.prerelease.join(".")).toBe(oracle.prerelease.join("."));
        expect(parsed.build).toEqual(oracle.build);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("orderOf", () => {
  // Semver 2.0.0, 11; the build metadata rows are those of Cluster API's util/version/version_test.go.
  it.each([
    ["v1.34.0", "v1.35.0", -1],
    ["v1.35.10", "v1.35.9", 1],
    ["v2.0.0", "v1.99.99", 1],
    ["v1.35.0", "v1.35.0", 0],
    ["v1.35.0-rc.1", "v1.35.0", -1],
    ["v1.35.0", "v1.35.0-rc.1", 1],
    ["v1.0.0-alpha", "v1.0.0-alpha.1", -1],
    ["v1.0.0-alpha.1", "v1.0.0-alpha", 1],
    ["v1.0.0-alpha.1", "v1.0.0-alpha.beta", -1],
    ["v1.0.0-alpha.beta", "v1.0.0-beta", -1],
    ["v1.0.0-beta.2", "v1.0.0-beta.11", -1],
    ["v1.0.0-beta.11", "v1.0.0-rc.1", -1],
    ["v1.0.0-rc.1", "v1.0.0-rc.1", 0],
    ["v1.35.0", "v1.35.0+1", -1],
    ["v1.35.0+1", "v1.35.0", 1],
    ["v1.35.0+2", "v1.35.0+10", -1],
    ["v1.35.0+1.2", "v1.35.0+1.1", 1],
    ["v1.35.0+1", "v1.35.0+1.1", -1],
    ["v1.35.0+1", "v1.35.0+a", -1],
    ["v1.35.0+a", "v1.35.0+1", 1],
    ["v1.35.0+01", "v1.35.0+1", 0],
    ["v1.35.0+99999999999999999998", "v1.35.0+99999999999999999999", -1],
    ["v1.35.0+a.1", "v1.35.0+a.2", -1],
    ["v1.35.0+k3s1", "v1.35.0+k3s2", "different"],
    ["v1.35.0+b", "v1.35.0+a", "different"],
    ["v1.35.0+a.2", "v1.35.0+b.1", "different"],
    ["v1.35.0-rc.1+b", "v1.35.0+a", -1],
  ] as const)("%s and %s: %s", (a, b, order) => {
    expect(orderOf(versionOf(a), versionOf(b))).toBe(order);
  });

  it("is semver's precedence for versions without build metadata", () => {
    fc.assert(
      fc.property(versionText, versionText, (a, b) => {
        const [left, right] = [a.split("+")[0]!, b.split("+")[0]!];
        fc.pre(parseVersion(left) !== undefined && parseVersion(right) !== undefined);
        expect(orderOf(versionOf(left), versionOf(right))).toBe(semver.compare(left.slice(1), right.slice(1)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("compareVersions", () => {
  it.each([
    ["v1.35.0+k3s1", "v1.35.0+k3s2", -1],
    ["v1.35.0+b", "v1.35.0+a", 1],
    ["v1.35.0+01", "v1.35.0+1", -1],
    ["v1.35.0+a", "v1.35.0+a", 0],
    ["v1.35.0", "v1.34.9+z", 1],
  ] as const)("%s and %s: %s", (a, b, order) => {
    expect(compareVersions(versionOf(a), versionOf(b))).toBe(order);
    expect(compareVersions(versionOf(b), versionOf(a))).toBe(order === 0 ? 0 : -order);
  });

  it("is a total order that agrees with orderOf", () => {
    fc.assert(
      fc.property(fewVersions, fewVersions, fewVersions, (a, b, c) => {
        const compare = (left: string, right: string): number => compareVersions(versionOf(left), versionOf(right));
        expect(compare(a, b) + compare(b, a)).toBe(0);
        expect(compare(a, b) === 0).toBe(a === b);
        if (compare(a, b) < 0 && compare(b, c) < 0) expect(compare(a, c)).toBe(-1);
        const order = orderOf(versionOf(a), versionOf(b));
        if (order === 1 || order === -1) expect(compare(a, b)).toBe(order);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("lists of versions", () => {
  it("sorts, each once", () => {
    expect(sortVersions(["v1.36.1", "v1.34.0", "v1.36.1", "v1.35.10", "v1.35.2"])).toEqual(["v1.34.0", "v1.35.2", "v1.35.10", "v1.36.1"]);
  });
  it.each([
    [["v1.35.10", undefined, "v1.35.2", "garbage", "v1.35.9"], { lowest: "v1.35.2", highest: "v1.35.10" }],
    [["v1.35.2"], { lowest: "v1.35.2", highest: "v1.35.2" }],
    [[undefined, "garbage"], undefined],
    [[], undefined],
  ])("the range of %j", (texts, range) => {
    expect(versionRange(texts)).toEqual(range);
  });
});

describe("sameness", () => {
  it.each([
    ["v1.35.2", "v1.35.2", true],
    ["v1.35.2+a", "v1.35.2+b", false],
    ["v1.35.2", "v1.35.2+a", false],
    [undefined, "v1.35.2", false],
    ["v1.35.2", undefined, false],
    [undefined, undefined, false],
  ])("sameVersion(%s, %s) is %s", (a, b, same) => {
    expect(sameVersion(a, b)).toBe(same);
  });
  it.each([
    ["v1.35.2", "v1.35.9+a", true],
    ["v1.35.2", "v1.36.2", false],
    ["v1.35.2", "v2.35.2", false],
  ])("sameMinor(%s, %s) is %s", (a, b, same) => {
    expect(sameMinor(versionOf(a), versionOf(b))).toBe(same);
  });
  it("names a minor", () => expect(minorName(1, 35)).toBe("v1.35"));
});

describe("runsVersion", () => {
  it.each([
    ["v1.31.4", "v1.31.4", true],
    ["v1.31.4-eks-7f9249a", "v1.31.4", true],
    ["v1.31.4-gke.1100", "v1.31.4", true],
    ["v1.31.4+k3s1", "v1.31.4", true],
    ["v1.31.4", "v1.31.4+k3s1", false],
    ["v1.31.4+k3s2", "v1.31.4+k3s1", false],
    ["v1.31.4-eks-1", "v1.31.4-eks-2", false],
    ["v1.31.0-rc.1", "v1.31.0", false],
    ["v1.31.0-alpha.1", "v1.31.0", false],
    ["v1.31.0-beta.0", "v1.31.0", false],
    ["v1.31.5", "v1.31.4", false],
    ["v1.32.4-eks-1", "v1.31.4", false],
    ["v2.31.4-eks-1", "v1.31.4", false],
    ["garbage", "v1.31.4", false],
    ["v1.31.4", "garbage", false],
    ["garbage", "garbage", true],
  ])("a kubelet of %s for %s: %s", (reported, declared, runs) => {
    expect(runsVersion(reported, declared)).toBe(runs);
  });
});
