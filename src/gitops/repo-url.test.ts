import { describe, expect, it } from "vitest";
import { comparableUrl, repositoryPath, withoutUserinfo } from "./repo-url.ts";

describe("withoutUserinfo", () => {
  it.each([
    ["https://me:secret@host/x.git", "https://host/x.git"],
    ["http://token@host/x", "http://host/x"],
    ["https://host/a@b", "https://host/a@b"],
    ["ssh://git@host/x", "ssh://git@host/x"],
    ["git@host:x", "git@host:x"],
  ])("%s: %s", (url, expected) => expect(withoutUserinfo(url)).toBe(expected));
});

// The pairs of argo-cd util/git/git_test.go, TestNormalizeGitURL and TestSameURL.
describe("comparableUrl", () => {
  it.each([
    ["git@GITHUB.com:argoproj/test", "git@github.com:argoproj/test.git"],
    ["ssh://git@github.com/argoproj/test", "git@github.com:argoproj/test"],
    ["https://GITHUB.com/argoproj/test", "https://github.com/argoproj/test.git"],
    ["https://github.com/FOO", "https://github.com/foo"],
  ])("%s is %s", (one, other) => expect(comparableUrl(one)).toBe(comparableUrl(other)));

  it.each([
    ["https://github.com/a/b", "https://github.com/a/c"],
    ["https://github.com/a/b", "git@github.com:a/b"],
    ["ssh://git@host:22/x", "ssh://git@host:2222/x"],
  ])("%s is not %s", (one, other) => expect(comparableUrl(one)).not.toBe(comparableUrl(other)));
});

describe("repositoryPath", () => {
  it.each([
    [undefined, ""],
    [".", ""],
    ["./", ""],
    ["./clusters/", "clusters"],
    ["/a//b/./c", "a/b/c"],
  ])("%s: %s", (path, expected) => expect(repositoryPath(path)).toBe(expected));
});
