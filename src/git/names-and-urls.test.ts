import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactorFor } from "./redact.ts";
import { isBranchName } from "./ref-name.ts";
import { parseRemoteUrl } from "./remote-url.ts";
import { unsafePath } from "./tree-path.ts";

describe("a remote's URL", () => {
  it.each([
    [
      "https://git.example.org/a/b.git",
      {
        protocol: "https",
        url: "https://git.example.org/a/b.git",
        origin: "https://git.example.org",
        host: "git.example.org",
        userinfo: undefined,
      },
    ],
    [
      "https://me:p%40ss@git.example.org:8443/a",
      {
        protocol: "https",
        url: "https://git.example.org:8443/a",
        origin: "https://git.example.org:8443",
        userinfo: { username: "me", password: "p@ss" },
      },
    ],
    ["https://tok@git.example.org/a", { url: "https://git.example.org/a", userinfo: { username: "tok", password: "" } }],
    ["http://127.0.0.1:3000/a.git", { protocol: "http", origin: "http://127.0.0.1:3000" }],
    ["ssh://git@git.example.org:2222/a.git", { protocol: "ssh", url: "ssh://git@git.example.org:2222/a.git", userinfo: undefined }],
    ["git@git.example.org:a/b.git", { protocol: "ssh", url: "git@git.example.org:a/b.git", host: "git.example.org" }],
    ["file:///srv/a.git", { protocol: "file", url: "file:///srv/a.git" }],
    ["/srv/with space/a.git", { protocol: "file", url: "file:///srv/with%20space/a.git" }],
  ])("%s", (text, parsed) => {
    expect(parseRemoteUrl(text)).toMatchObject(parsed);
  });

  it.each([
    "",
    "-oProxyCommand=x",
    "--upload-pack=x",
    "ext::sh -c x",
    "EXT::sh",
    "git://host/a",
    "ftp://host/a",
    "ssh://-oProxyCommand=x/a",
    "ssh://git:secret@host/a",
    "ssh://host/-x",
    "-x@host:a",
    "git@-host:a",
    "git@host:-a",
    "file://host/a",
    "https://host/a?x=secret",
    "https://host/a\nb",
    " https://host/a",
    "relative/path",
    "https://",
  ])("%j is refused, and not repeated with what may be secret", (text) => {
    expect(() => parseRemoteUrl(text)).toThrow(expect.objectContaining({ kind: "configuration" }));
    expect(() => parseRemoteUrl(text)).not.toThrow(/:secret@/);
  });
});

describe("secrets", () => {
  const redact = redactorFor(["t0k/en", "", "t0k/en-longer"]);
  it.each([
    ["a t0k/en b", "a *** b"],
    ["t0k/en-longer", "***"],
    ["t0k%2Fen", "***"],
    [Buffer.from("t0k/en").toString("base64"), "***"],
    ["fatal: unable to access 'https://me:other@host/a'", "fatal: unable to access 'https://***@host/a'"],
    ["Authorization: Basic abc=", "Authorization: Basic ***"],
    ["nothing here", "nothing here"],
  ])("%s becomes %s", (text, shown) => {
    expect(redact(text)).toBe(shown);
  });
});

describe("a branch's name", () => {
  it.each(["main", "upgrade/demo-v1.35.2", "a.b", "größe", "a@b", "feature/x_y#1", "HEADS", "x-"])("%s is one", (name) => {
    expect(isBranchName(name)).toBe(true);
  });
  it.each([
    "",
    "@",
    "HEAD",
    "-x",
    "a..b",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[b",
    "a\\b",
    "a\u007f",
    "a\u0001",
    "/a",
    "a/",
    "a//b",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a.",
    "a@{1}",
    "refs/heads/a",
  ])("%j is none", (name) => {
    expect(isBranchName(name)).toBe(false);
  });
  it("is never one that git refuses", () => {
    const pieces = fc
      .array(fc.constantFrom("a", "b", "/", ".", "..", "-", "@", "{", "~", "^", ":", "?", "*", "[", "\\", " ", ".lock", "HEAD", "ü"), {
        minLength: 1,
        maxLength: 6,
      })
      .map((parts) => parts.join(""));
    const names = [...new Set(fc.sample(pieces, 3000))].filter((name) => isBranchName(name));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names.slice(0, 60)) expect(() => execFileSync("git", ["check-ref-format", "--branch", name])).not.toThrow();
  });
});

describe("a path in a tree", () => {
  it.each(["a", "a/b.yaml", ".github/x", ".gitignore", "a/.gitmodules", "-a", "a b", "größe", "a'\"b", "git~x", "x.git"])(
    "%s is safe",
    (path) => {
      expect(unsafePath(path)).toBeUndefined();
    },
  );
  it.each([
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "a/../b",
    "..",
    ".git",
    "a/.GIT/config",
    ".git.",
    ".git ",
    ".git::$INDEX",
    "git~1",
    ".g\u200cit",
    "a\nb",
    "a\u0000",
    "a\\b",
    "\ud800",
    "a".repeat(4097),
  ])("%j is not", (path) => {
    expect(unsafePath(path)).toEqual(expect.any(String));
  });
});
