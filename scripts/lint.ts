// `npm run lint`: types, oxlint (type-aware), import directions, dead code, formatting. Runs all, reports all, fails if any failed.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const checks: readonly Check[] = [
  { name: "types", command: ["tsc", "-p", "tsconfig.json", "--noEmit"] },
  { name: "oxlint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "dead code", command: ["knip"] },
  { name: "formatting", command: ["prettier", "--check", "--log-level", "warn", "."] },
];

let failed = 0;
for (const { name, command } of checks) {
  const [program = "", ...args] = command;
  const result = spawnSync(`node_modules/.bin/${program}`, args, { stdio: "inherit" });
  report(name, result.status === 0);
}
report("import directions", importDirections());
process.exitCode = failed === 0 ? 0 : 1;

function report(name: string, passed: boolean): void {
  console.log(`${passed ? "ok    " : "FAILED"} ${name}`);
  if (!passed) failed += 1;
}

/** dependency-cruiser passes silently when it could not read the sources, so the number of modules that it saw is checked too. */
function importDirections(): boolean {
  const result = spawnSync("node_modules/.bin/depcruise", ["src", "--config", ".dependency-cruiser.cjs", "--output-type", "json"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const sources = readdirSync("src", { recursive: true }).filter((file) => String(file).endsWith(".ts")).length;
  const { modules, summary } = JSON.parse(result.stdout) as {
    modules: readonly { source: string }[];
    summary: { violations: readonly { from: string; to: string; rule: { name: string } }[] };
  };
  const seen = modules.filter(({ source }) => source.startsWith("src/")).length;
  for (const { from, to, rule } of summary.violations) console.log(`  ${rule.name}: ${from} → ${to}`);
  if (seen < sources) console.log(`  only ${seen} of ${sources} modules were looked at`);
  return summary.violations.length === 0 && seen >= sources;
}
