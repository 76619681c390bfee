import { describe, expect, it } from "vitest";
import { joinParts, readParts } from "./pull-request-parts.ts";

const parts = new Map([
  ["c2-v1.35.2-0/cluster/c2/v1.35.2", "## `demo/c2`\n\ntwo"],
  ["c1--x-v1.35.2-0/cluster/c1--x/v1.35.2", "## `demo/c1`\n\none"],
]);

describe("the parts of a pull request for several clusters", () => {
  it("stand in the order of their ids, and are read again", () => {
    const text = joinParts(parts, 10_000);
    expect(text).toBe(
      "<!-- capi-gitops part: c1-%2Dx-v1.35.2-0/cluster/c1-%2Dx/v1.35.2 -->\n## `demo/c1`\n\none\n<!-- capi-gitops end of part -->\n\n" +
        "<!-- capi-gitops part: c2-v1.35.2-0/cluster/c2/v1.35.2 -->\n## `demo/c2`\n\ntwo\n<!-- capi-gitops end of part -->",
    );
    expect(readParts(`Above.\n\n${text}\n\nBelow.`)).toEqual(parts);
    expect(readParts(text.replaceAll("\n", "\r\n"))).toEqual(readParts(text));
  });

  it.each(["", "what a person wrote instead", "<!-- capi-gitops part: c1 -->\nno end"])("there are none in %j", (body) => {
    expect(readParts(body).size).toBe(0);
  });

  it.each([2, 60, 300])("%s of them with long texts stay within what a forge takes, each cut between lines", (count) => {
    const long = Array.from({ length: 1200 }, (_, line) => `- line ${line} of what will change`).join("\n");
    const many = new Map(Array.from({ length: count }, (_, at) => [`c${at}-v1.35.2-0/cluster/c${at}/v1.35.2`, long]));
    const text = joinParts(many, 64_000);
    expect(text.length).toBeLessThanOrEqual(64_000);
    const read = readParts(text);
    expect(read.size).toBe(count);
    for (const part of read.values()) expect(part).toMatch(/^(- line \d+ of what will change\n)*\n?… and more; see `capi-gitops plan`\.$/);
    expect(joinParts(read, 64_000)).toBe(text);
  });
});
