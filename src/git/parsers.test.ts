import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyFailure, lastWords } from "./classify-failure.ts";
import { fastImportStream } from "./commit-writer.ts";
import { parseHistory } from "./history.ts";
import { batchParser, type GitObject } from "./object-reader.ts";
import { parsePush } from "./push.ts";
import { pauseMilliseconds } from "./transaction.ts";
import { blobId, treeChanges } from "./tree-changes.ts";
import { parseTreeListing } from "./tree-listing.ts";

describe("what git push says", () => {
  const line = (flag: string, summary: string): string => `To x\n${flag}\tabc:refs/heads/main\t${summary}\nDone\n`;
  it.each([
    [line(" ", "1..2"), "", { kind: "pushed" }],
    [line("*", "[new branch]"), "", { kind: "pushed" }],
    [line("+", "1...2 (forced update)"), "", { kind: "pushed" }],
    [line("=", "[up to date]"), "", { kind: "present" }],
    [line("!", "[rejected] (stale info)"), "", { kind: "race" }],
    [line("!", "[rejected] (fetch first)"), "", { kind: "race" }],
    [line("!", "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)"), "", { kind: "race" }],
    [line("!", "[remote rejected] (failed to update ref)"), "", { kind: "race" }],
    [line("!", "[remote rejected] (non-fast-forward)"), "", { kind: "rejected" }],
    [line("!", "[remote rejected] (pre-receive hook declined)"), "remote: error: cannot lock ref 'refs/heads/main'\n", { kind: "race" }],
    [
      line("!", "[remote rejected] (protected branch hook declined)"),
      "remote: GH006: no\nremote: \nerror: failed to push some refs to 'x'\n",
      { kind: "rejected", detail: "[remote rejected] (protected branch hook declined); remote: GH006: no" },
    ],
    [line("!", "[remote failure] (remote failed to report status)"), "", { kind: "none" }],
    ["", "fatal: unable to access", { kind: "none" }],
  ])("%j", (stdout, stderr, result) => {
    expect(parsePush(stdout, stderr)).toMatchObject(result);
  });
});

describe("why git failed", () => {
  it.each([
    ["fatal: unable to access 'https://h/': Could not resolve host: h", "unknown-host"],
    ["fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate", "tls"],
    ["fatal: unable to access 'https://h/': server certificate verification failed. CAfile: none", "tls"],
    ["remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/'", "authentication"],
    ["remote: Invalid username or password.\nfatal: Authentication failed for 'https://h/'", "authentication"],
    ["fatal: could not read Username for 'https://h': terminal prompts disabled", "authentication"],
    [
      "remote: Permission to a/b.git denied to bot.\nfatal: unable to access 'https://h/': The requested URL returned error: 403",
      "authorization",
    ],
    ["remote: This repository was archived so it is read-only.\nfatal: The requested URL returned error: 403", "authorization"],
    ["remote: Repository not found.\nfatal: repository 'https://h/a/' not found", "not-found"],
    ["fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.", "not-found"],
    ["fatal: Remote branch nope not found in upstream origin", "missing-branch"],
    ["fatal: couldn't find remote ref refs/heads/x", "missing-branch"],
    ["fatal: unable to access 'https://h/': Failed to connect to h port 443 after 3 ms: Couldn't connect to server", "unreachable"],
    ["error: RPC failed; curl 56 Recv failure: Connection reset by peer\nfatal: early EOF", "unreachable"],
    ["fatal: unable to access 'https://h/': The requested URL returned error: 502", "unreachable"],
    ["fatal: write error: No space left on device", "disk-full"],
    ["error: gpg failed to sign the data\nfatal: failed to write commit object", "signing"],
    ["fatal: detected dubious ownership in repository at '/x'", "configuration"],
    ["fatal: transport 'ext' not allowed", "configuration"],
    ["error: object file objects/ab/cd is empty\nfatal: loose object abcd is corrupt", "corrupt"],
    ["fatal: something new", "unknown"],
    ["", "unknown"],
  ] as const)("%s", (output, kind) => {
    const error = classifyFailure("git fetch", output);
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(/^git fetch failed.*[.!?] .+\. .+\.$/s);
    expect(error.message).toContain(lastWords(output));
  });

  it("is told in a few lines, without what git always adds", () => {
    const output = `Cloning into 'x'...\nhint: try\n${Array.from({ length: 20 }, (_, index) => `remote: line ${index}`).join("\n")}\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n`;
    expect(lastWords(output)).toBe(Array.from({ length: 8 }, (_, index) => `remote: line ${index + 12}`).join("; "));
  });
});

describe("git cat-file --batch", () => {
  it("is understood however it is cut into chunks", () => {
    const object = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(object, { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 20 }), (contents, cuts) => {
        const id = "a".repeat(40);
        const stream = Buffer.concat(
          contents.map((content) =>
            content === undefined
              ? Buffer.from("x missing\n")
              : Buffer.concat([Buffer.from(`${id} blob ${content.length}\n`), content, Buffer.from("\n")]),
          ),
        );
        const seen: (GitObject | undefined)[] = [];
        const parse = batchParser((found) => seen.push(found));
        let at = 0;
        for (const cut of cuts) {
          if (cut > 0 && at < stream.length) parse(stream.subarray(at, at + cut));
          at += cut;
        }
        if (at < stream.length) parse(stream.subarray(at));
        expect(seen).toEqual(contents.map((content) => (content === undefined ? undefined : { id, type: "blob", content })));
      }),
    );
  });
});

it("history with any message is read back", () => {
  expect(parseHistory("1\nA\na@b\n2026-01-01T00:00:00Z\nT\n\nb\u00002\n\n\n\n\0")).toEqual([
    { id: "1", authorName: "A", authorEmail: "a@b", authoredAt: "2026-01-01T00:00:00Z", message: "T\n\nb" },
    { id: "2", authorName: "", authorEmail: "", authoredAt: "", message: "" },
  ]);
  expect(parseHistory("")).toEqual([]);
});

it("tree listings leave out paths that are not UTF-8", () => {
  const listing = parseTreeListing(Buffer.from("100644 blob aa\ta\tb.yaml\u0000120000 blob bb\tü\u0000100644 blob cc\t\xff\0", "latin1"));
  expect([...listing.keys()]).toEqual(["a\tb.yaml"]);
  expect(parseTreeListing(Buffer.from("100755 blob aa\tü x\0"))).toEqual(new Map([["ü x", { mode: "100755", id: "aa" }]]));
});

it("blob ids are git's own, in both kinds of repository", () => {
  expect(blobId("a\n")).toBe("78981922613b2afb6025042ff6bd878ac1994e85");
  expect(blobId("", 64)).toBe("473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
});

it("changes are in order of their paths and leave modes alone", () => {
  const listing = new Map([
    ["x.sh", { mode: "100755", id: "0" }],
    ["same", { mode: "100644", id: blobId("s") }],
    ["link", { mode: "120000", id: "1" }],
  ]);
  expect(
    treeChanges(
      new Map([
        ["x.sh", "1"],
        ["same", "s"],
        ["new", "2"],
        ["gone", null],
      ]),
      listing,
    ),
  ).toEqual({
    kind: "changes",
    changes: [
      { path: "new", mode: "100644", content: "2" },
      { path: "x.sh", mode: "100755", content: "1" },
    ],
  });
  expect(treeChanges(new Map([["link", null]]), listing)).toMatchObject({ kind: "refused", refusal: { reason: "UnsafePath" } });
  expect(
    treeChanges(
      new Map([
        ["a", "1"],
        ["a/b", "2"],
      ]),
      listing,
    ),
  ).toMatchObject({ kind: "refused" });
  expect(treeChanges(new Map([["ok", "\ud800"]]), listing)).toMatchObject({ kind: "refused" });
});

it("the stream for fast-import: deletions first, sizes in bytes, quoted paths", () => {
  const stream = fastImportStream(
    {
      parent: "f".repeat(40),
      author: { name: "A", email: "a@b" },
      atSeconds: 7,
      message: "ü\n",
      changes: [
        { path: 'a"b\\c', mode: "100755", content: "é" },
        { path: "z", mode: "100644", content: null },
      ],
    },
    "refs/x",
  );
  expect(stream.toString("utf8")).toBe(
    `feature done\ncommit refs/x\nmark :1\nauthor A <a@b> 7 +0000\ncommitter A <a@b> 7 +0000\ndata 3\nü\n\nfrom ${"f".repeat(40)}\nD "z"\nM 100755 inline "a\\"b\\\\c"\ndata 2\né\nget-mark :1\nreset refs/x\nfrom ${"0".repeat(40)}\ndone\n`,
  );
});

it.each([
  [1, 0, 0],
  [1, 0.99, 99],
  [4, 0.5, 400],
])("the pause after try %d with chance %d is %d ms", (attempt, chance, pause) => {
  expect(pauseMilliseconds(attempt, chance)).toBe(pause);
});
