import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** 96 MiB that live, and four times as much that lives for a while, as what upgrades that begin leave. Prints the largest heap, in MiB. */
const work = `
const keep = (size) => Array.from({ length: size * 8 }, () => new Array(16 * 1024).fill(0));
const live = keep(96);
const passing = [];
let most = 0;
for (let round = 0; round < 384; round += 1) {
  passing.push(keep(1));
  if (passing.length > 8) passing.shift();
  most = Math.max(most, process.memoryUsage().heapUsed);
}
if (live.length === 768) console.log(Math.round(most / 1048576));
`;

it("a heap of which 96 MiB live and 8 MiB come and go is collected before it has doubled", async () => {
  const early = `import { collectEarly } from ${JSON.stringify(new URL("collect-early.ts", import.meta.url).href)}; collectEarly();`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--max-old-space-size=4096",
    "--import=tsx",
    "--input-type=module",
    "--eval",
    `${early}${work}`,
  ]);
  // The process itself has some 16 MiB. Left to itself the V8 of Node 20 came to 291 to 311, with this to 194; that of Node 24 came to 208 by itself.
  expect(Number(stdout)).toBeLessThan(2 * (96 + 8 + 16));
});
