import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeDiff } from "./diff.ts";

const ten = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
const twenty = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`).join("");

/** The lines below the two of the file's names. */
function hunks(before: string, after: string): string {
  return describeDiff(before, after, "a/b.yaml").replace("--- a/a/b.yaml\n+++ b/a/b.yaml\n", "");
}

describe("a diff for people", () => {
  it("is empty where nothing changed", () => {
    expect(describeDiff(ten, ten, "x.yaml")).toBe("");
  });

  it("names the file on both sides", () => {
    expect(describeDiff("a\n", "b\n", "x/y.yaml")).toBe("--- a/x/y.yaml\n+++ b/x/y.yaml\n@@ -1,1 +1,1 @@\n-a\n+b\n");
  });

  it.each([
    ["one line, three lines around it", ten, ten.replace("6", "six"), "@@ -3,7 +3,7 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9\n"],
    ["the first line", ten, ten.replace("1\n", "one\n"), "@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n"],
    ["the last line", ten, ten.replace("10", "ten"), "@@ -7,4 +7,4 @@\n 7\n 8\n 9\n-10\n+ten\n"],
    [
      "two changes with six lines between them are one hunk",
      twenty,
      twenty.replace("\n5\n", "\nfive\n").replace("\n12\n", "\ntwelve\n"),
      "@@ -2,14 +2,14 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n 11\n-12\n+twelve\n 13\n 14\n 15\n",
    ],
    [
      "two changes with seven lines between them are two hunks",
      twenty,
      twenty.replace("\n5\n", "\nfive\n").replace("\n13\n", "\nthirteen\n"),
      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -10,7 +10,7 @@\n 10\n 11\n 12\n-13\n+thirteen\n 14\n 15\n 16\n",
    ],
    [
      "the second hunk is shifted by what the first one adds",
      twenty,
      twenty.replace("2\n", "2\nx\ny\n").replace("\n15\n", "\n"),
      "@@ -1,5 +1,7 @@\n 1\n 2\n+x\n+y\n 3\n 4\n 5\n@@ -12,7 +14,6 @@\n 12\n 13\n 14\n-15\n 16\n 17\n 18\n",
    ],
    ["a block after the last line", "a\nb\n", "a\nb\n---\nc\n", "@@ -1,2 +1,4 @@\n a\n b\n+---\n+c\n"],
    [
      "a block after a last line without a newline",
      "a\nb",
      "a\nb\n---\nc",
      "@@ -1,2 +1,4 @@\n a\n-b\n\\ No newline at end of file\n+b\n+---\n+c\n\\ No newline at end of file\n",
    ],
    ["a final newline", "a", "a\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"],
    ["lines taken out", ten, "1\n2\n6\n7\n8\n9\n10\n", "@@ -1,8 +1,5 @@\n 1\n 2\n-3\n-4\n-5\n 6\n 7\n 8\n"],
    ["an empty file that gets lines", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"],
    ["a file that loses all lines", "a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n"],
    ["CRLF is not shown", "a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"],
    [
      "a lone line that agrees joins nothing",
      "a\n}\nb\nend\nend\n",
      "x\n}\ny\nend\nend\n",
      "@@ -1,5 +1,5 @@\n-a\n-}\n-b\n+x\n+}\n+y\n end\n end\n",
    ],
    ["a copied block stands after the first", "{\na\n}\n", "{\na\n}\n{\nb\n}\n", "@@ -1,3 +1,6 @@\n {\n a\n }\n+{\n+b\n+}\n"],
  ])("%s", (_, before, after, expected) => {
    expect(hunks(before, after)).toBe(expected);
  });

  it("is one that git applies", () => {
    const line = fc.constantFrom("a", "b", "}", "---", "version: 1", "");
    const text = fc
      .tuple(fc.array(line, { maxLength: 30 }), fc.boolean())
      .map(([lines, final]) => lines.join("\n") + (final && lines.length > 0 ? "\n" : ""));
    const folder = mkdtempSync(join(tmpdir(), "capi-diff-"));
    try {
      fc.assert(
        fc.property(
          text,
          fc.array(fc.tuple(fc.nat(30), fc.nat(2), fc.array(line, { maxLength: 3 })), { maxLength: 3 }),
          (before, edits) => {
            const lines = before.split("\n");
            for (const [at, removed, added] of edits) lines.splice(at, removed, ...added);
            const after = lines.join("\n");
            fc.pre(before !== after && before !== "" && after !== "");
            writeFileSync(join(folder, "f"), before);
            execFileSync("git", ["apply", "--whitespace=nowarn", "-"], {
              cwd: folder,
              input: describeDiff(before, after, "f"),
              stdio: "pipe",
            });
            expect(readFileSync(join(folder, "f"), "utf8")).toBe(after);
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
