import { spawnSync } from "node:child_process";
import { pair, type Result } from "./measure.ts";

/** Start-up of the command against a bare Node. */
export async function benchStart(): Promise<readonly Result[]> {
  const node = (...args: readonly string[]): void => {
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  };
  const bare = (): void => node("-e", "0");
  const version = await pair(21, () => node("dist/capi-gitops.mjs", "version"), bare);
  const help = await pair(21, () => node("dist/capi-gitops.mjs", "--help"), bare);
  return [
    { name: "`capi-gitops version`", against: "node -e 0", aim: 2, paired: version, setting: "whole process" },
    { name: "`capi-gitops --help`", against: "node -e 0", aim: 2, paired: help, setting: "whole process" },
  ];
}
