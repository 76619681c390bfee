import { spawn } from "node:child_process";
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { unsafePath } from "../../git/tree-path.ts";

/**
 * A bare repository on disk with these files in its first commit on `main`: what the owners of a sandbox's clusters push to. Needs git in the PATH. Rejects with what git said, or with the path that cannot be.
 */
export async function createLocalRemote(directory: string, files: Readonly<Record<string, string>>, atSeconds: number): Promise<void> {
  for (const path of Object.keys(files)) {
    const problem = unsafePath(path);
    if (problem !== undefined) throw new Error(`${JSON.stringify(path)} cannot be put into a repository: ${problem}`);
  }
  await mkdir(directory, { recursive: true });
  await git(directory, ["init", "--quiet", "--bare", "--initial-branch=main", "."]);
  // Partial clones, and reading any commit, as the forges allow it.
  await appendFile(join(directory, "config"), "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n");
  await git(directory, ["fast-import", "--quiet", "--date-format=raw"], firstCommit(files, atSeconds));
}

/** One more commit of the owners: new contents by path. */
export async function commitToLocalRemote(directory: string, files: Readonly<Record<string, string>>, atSeconds: number): Promise<void> {
  await git(directory, ["fast-import", "--quiet", "--date-format=raw"], commitOf("A change\n", files, atSeconds, "from refs/heads/main^0"));
}

function firstCommit(files: Readonly<Record<string, string>>, atSeconds: number): string {
  return commitOf("The fleet\n", files, atSeconds);
}

function commitOf(message: string, files: Readonly<Record<string, string>>, atSeconds: number, ...parent: readonly string[]): string {
  const lines = ["commit refs/heads/main", `committer The sandbox <sandbox@example.com> ${atSeconds} +0000`, data(message), ...parent];
  for (const [path, content] of Object.entries(files)) lines.push(`M 100644 inline ${JSON.stringify(path)}`, data(content));
  return `${lines.join("\n")}\ndone\n`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function git(directory: string, args: readonly string[], input = ""): Promise<void> {
  const environment = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: directory, env: environment, stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.on("error", (error) =>
      reject(new Error(`git could not be run: ${error.message}. The sandbox keeps its manifests in a Git repository: install git.`)),
    );
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`git ${args[0]} failed: ${said.trim()}`))));
    // A git that reads nothing may have ended already; its exit code tells what there is to tell.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
