// `npm run bench [-- start git sandbox describe upgrade]`: ratios from one run, against what people would use instead; writes the table in docs/performance.md.
import { readFileSync, writeFileSync } from "node:fs";
import { startStack, type StackDescription } from "../test/stack/stack.ts";
import { benchGit } from "./git.ts";
import { median, ratio, type Result } from "./measure.ts";
import { benchSandbox, type SandboxRow } from "./sandbox.ts";
import { benchDescribe, benchUpgrade } from "./stack.ts";
import { benchStart } from "./start.ts";

const wanted = process.argv.slice(2);
const chosen = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const results: Result[] = [];

if (chosen("start")) results.push(...(await benchStart()));
if (chosen("git")) results.push(...(await benchGit()));
const simulation: readonly SandboxRow[] = chosen("sandbox") ? await benchSandbox() : [];
if (chosen("describe") || chosen("upgrade")) await onStack();

const rows = results.map((result) => {
  const { ours, theirs } = result.paired;
  const value = ratio(result.paired);
  const met = value <= result.aim ? "met" : "**missed**";
  return `| ${result.name} | ${result.against} | ${milliseconds(ours)} | ${milliseconds(theirs)} | ${value.toFixed(2)} | ≤ ${result.aim} ${met} | ${result.setting} |`;
});
const header = "| ours | against | ours (median) | theirs (median) | ratio | aim | setting |\n|---|---|---|---|---|---|---|";
const table = `${header}\n${rows.join("\n")}`;
const sandboxTable = `| what | measured | aim | |\n|---|---|---|---|\n${simulation
  .map(({ what, measured, aim, met }) => `| ${what} | ${measured} | ${aim} | ${met === undefined ? "" : met ? "met" : "**missed**"} |`)
  .join("\n")}`;
if (rows.length > 0) console.log(table);
if (simulation.length > 0) console.log(sandboxTable);

if (wanted.length === 0) {
  intoDocument("bench", table);
  intoDocument("sandbox", sandboxTable);
} else if (wanted.includes("sandbox")) intoDocument("sandbox", sandboxTable);
process.exit(0);

/** `CAPI_GITOPS_STACK=FILE` reuses a running stack. */
async function onStack(): Promise<void> {
  const reused = process.env["CAPI_GITOPS_STACK"];
  const stack = reused === undefined ? await startStack((line) => console.error(line)) : undefined;
  const description: StackDescription = stack ?? (JSON.parse(readFileSync(reused ?? "", "utf8")) as StackDescription);
  try {
    if (chosen("upgrade")) results.push(...(await benchUpgrade(description)));
    if (chosen("describe")) results.push(...(await benchDescribe(description)));
  } finally {
    await stack?.stop({ keep: false });
  }
}

/** Only whole tables are written. */
function intoDocument(name: string, content: string): void {
  const file = "docs/performance.md";
  const text = readFileSync(file, "utf8");
  const [start, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  writeFileSync(file, `${text.slice(0, text.indexOf(start) + start.length)}\n\n${content}\n\n${text.slice(text.indexOf(end))}`);
  console.log(`written to ${file}`);
}

function milliseconds(times: readonly number[]): string {
  const value = median(times);
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}
