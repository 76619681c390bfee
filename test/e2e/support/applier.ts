// Plays the GitOps engine: applies all YAML below a folder of a branch whenever the branch moves, by server-side apply as `test-applier`, without pruning.
// Usage: applier.ts REPOSITORY BRANCH FOLDER KUBECTL KUBECONFIG
import { execFileSync, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const [repository = "", branch = "", folder = "", kubectl = "", kubeconfig = ""] = process.argv.slice(2);
const git = (...args: readonly string[]): string => execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" });

let applied = "";
for (;;) {
  const tip = git("rev-parse", branch).trim();
  if (tip !== applied) {
    const files = git("ls-tree", "-r", "--name-only", tip, "--", folder)
      .split("\n")
      .filter((file) => file.endsWith(".yaml"));
    const text = files.map((file) => git("show", `${tip}:${file}`)).join("\n---\n");
    const result = spawnSync(
      kubectl,
      ["--kubeconfig", kubeconfig, "apply", "--server-side", "--force-conflicts", "--field-manager=test-applier", "-f", "-"],
      {
        input: text,
        encoding: "utf8",
      },
    );
    // One line an attempt; a refused one is tried again, as a GitOps engine does.
    console.log(JSON.stringify({ revision: tip, status: result.status, message: result.stderr.trim() }));
    if (result.status === 0) applied = tip;
  }
  await sleep(300);
}
