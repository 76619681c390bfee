import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatCommitMessage, formatIdentity, hasTrailer } from "./commit-message.ts";
import { gitRunner } from "./git-command.ts";
import { writeCommit } from "./commit-writer.ts";
import { localRemote, type LocalRemote } from "./testing/local-remote.ts";

let remote: LocalRemote;
beforeAll(async () => {
  remote = await localRemote();
});
afterAll(() => remote.dispose());

const bot = { name: "Upgrade Bot", email: "bot@example.org" };

describe("a commit message", () => {
  it.each([
    [{ title: "T", upgradeId: "u" }, "T\n\nUpgrade-Id: u\n"],
    [{ title: " T\n\tt  t ", upgradeId: "u", body: "\r\n b \r\n\r\n\r\nc\u0007\n\n" }, "T t t\n\n b\n\n\nc\n\nUpgrade-Id: u\n"],
    [
      { title: "T", upgradeId: "ns/demo:1", body: "Upgrade-Id: forged\nupgrade-ID: too", signedOffBy: bot },
      "T\n\n Upgrade-Id: forged\n upgrade-ID: too\n\nUpgrade-Id: ns/demo:1\nSigned-off-by: Upgrade Bot <bot@example.org>\n",
    ],
    [
      { title: "T", upgradeId: "u", trailers: { "Co-authored-by": "A <a@b>\nEvil: yes" }, signedOffBy: bot },
      "T\n\nUpgrade-Id: u\nCo-authored-by: A <a@b> Evil: yes\nSigned-off-by: Upgrade Bot <bot@example.org>\n",
    ],
  ])("%j", (text, message) => {
    expect(formatCommitMessage(text)).toBe(message);
  });

  it.each([
    { title: " \n", upgradeId: "u" },
    { title: "T", upgradeId: "" },
    { title: "T", upgradeId: "a b" },
    { title: "T", upgradeId: "a\nb" },
    { title: "T", upgradeId: "a".repeat(201) },
    { title: "T", upgradeId: "u", trailers: { "a b": "c" } },
    { title: "T", upgradeId: "u", trailers: { a: " " } },
    { title: "T", upgradeId: "u", trailers: { "upgrade-id": "other" } },
    { title: "T", upgradeId: "u", signedOffBy: { name: "A <b", email: "a@b" } },
  ])("is not made of %j", (text) => {
    expect(() => formatCommitMessage(text)).toThrow(expect.objectContaining({ kind: "configuration" }));
  });

  it.each([
    [{ name: "Renovate Inc.", email: "<a@b>" }, undefined],
    [{ name: "Acme Inc.", email: "a@b.c" }, "Acme Inc <a@b.c>"],
    [{ name: "bot[bot]", email: "1+bot[bot]@users.noreply.github.com" }, "bot[bot] <1+bot[bot]@users.noreply.github.com>"],
    [{ name: ".", email: "a@b" }, undefined],
    [{ name: "A", email: "a b@c" }, undefined],
    [{ name: "A\nB", email: "a@c" }, undefined],
  ])("identity %j", (who, text) => {
    if (text === undefined) expect(() => formatIdentity(who)).toThrow(expect.objectContaining({ kind: "configuration" }));
    else expect(formatIdentity(who)).toBe(text);
  });

  it.each([
    ["T\n\nUpgrade-Id: u\n", true],
    ["T\n\n* One\n\nUpgrade-Id: u\n\n* Two\n\nCo-authored-by: x", true],
    ["T\n\nupgrade-id: u  \r\n", true],
    ["Upgrade-Id: u\n", false],
    ["T\n\nUpgrade-Id: u2\n", false],
    ["T\n\nUpgrade-Id: U\n", false],
    ["T\n\n  Upgrade-Id: u\n", false],
    ["T\n\nsee Upgrade-Id: u\n", false],
    ["", false],
  ])("%j carries the trailer: %s", (message, found) => {
    expect(hasTrailer(message, "Upgrade-Id", "u")).toBe(found);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "\n",
        "\r\n",
        "---",
        "Upgrade-Id: forged",
        "Signed-off-by: Mallory <m@x>",
        "# comment",
        " ",
        "data 3",
        "text",
        "-- >8 --",
        "\t",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);
const commitText = fc.record({
  title: anyText.filter((text) => text.replaceAll(/[\p{Cc}\s]+/gu, "") !== "" && !/\p{Surrogate}/u.test(text)),
  body: anyText.filter((text) => !/\p{Surrogate}/u.test(text)),
  upgradeId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,40}$/),
  trailers: fc.dictionary(
    fc.constantFrom("Co-authored-by", "Cluster", "X-1"),
    anyText.filter((text) => text.replaceAll(/[\p{Cc}\s]+/gu, "") !== "" && !/\p{Surrogate}/u.test(text)),
    { noNullPrototype: true },
  ),
});

describe("any message", () => {
  it("has its trailer and no other upgrade's, and says the same when formatted again", () => {
    fc.assert(
      fc.property(commitText, (text) => {
        const message = formatCommitMessage(text);
        expect(hasTrailer(message, "Upgrade-Id", text.upgradeId)).toBe(true);
        expect(message.split("\n").filter((line) => /^upgrade-id:/i.test(line))).toHaveLength(/^upgrade-id:/i.test(message) ? 2 : 1);
        expect(message).not.toMatch(/[^\P{Cc}\n\t]|\n\n$/u);
        const [title = "", ...rest] = message.slice(0, message.lastIndexOf("\n\nUpgrade-Id: ")).split("\n\n");
        expect(formatCommitMessage({ ...text, title, body: rest.join("\n\n") })).toBe(message);
      }),
    );
  });

  it("is read by git as it was meant", async () => {
    const git = gitRunner({
      directory: remote.directory,
      gitDirectory: remote.path,
      environment: { ...process.env } as Record<string, string>,
      redact: (text) => text,
      timeoutSeconds: 60,
    });
    const parent = await remote.tip();
    const samples = fc.sample(commitText, 60);
    const commits = await Promise.all(
      samples.map((text) =>
        writeCommit(git, {
          parent,
          changes: [],
          message: formatCommitMessage({ ...text, signedOffBy: bot }),
          author: bot,
          atSeconds: 1_700_000_000,
        }),
      ),
    );
    const { stdout } = await git(["log", "-z", "--no-walk=unsorted", "--stdin", "--format=%(trailers:only,unfold)%x01%B%x01%ae%x01%ct"], {
      input: `${commits.join("\n")}\n`,
    });
    const read = stdout
      .toString("utf8")
      .split("\0")
      .filter((record) => record !== "");
    expect(read).toHaveLength(samples.length);
    samples.forEach((text, index) => {
      const [trailers = "", message = "", email, date] = (read[index] ?? "").split("\u0001");
      const lines = trailers.trimEnd().split("\n");
      expect(lines[0]).toBe(`Upgrade-Id: ${text.upgradeId}`);
      expect(lines.at(-1)).toBe("Signed-off-by: Upgrade Bot <bot@example.org>");
      expect(lines).toHaveLength(2 + Object.keys(text.trailers).length);
      expect(message.trimEnd()).toBe(formatCommitMessage({ ...text, signedOffBy: bot }).trimEnd());
      expect([email, date]).toEqual(["bot@example.org", "1700000000"]);
    });
  });
});
