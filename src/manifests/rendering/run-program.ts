import { execFile } from "node:child_process";

/** What a renderer gives: the YAML, that there is no such program here, or why it failed. */
export type Rendered =
  | { readonly kind: "rendered"; readonly text: string }
  | { readonly kind: "not-installed"; readonly program: string }
  | { readonly kind: "failed"; readonly why: string };

export interface RunOptions {
  readonly directory: string;
  /** Where the program is looked for; nothing else of our environment reaches it. */
  readonly path: string;
  readonly timeoutSeconds: number;
}

/**
 * Runs a renderer without a shell. Its home is the temporary directory, so no configuration, plugin, credential or proxy of ours is used.
 * It is killed when the time is up.
 */
export function runProgram(program: string, args: readonly string[], { directory, path, timeoutSeconds }: RunOptions): Promise<Rendered> {
  const env = {
    PATH: path,
    HOME: directory,
    XDG_CONFIG_HOME: directory,
    XDG_CACHE_HOME: directory,
    XDG_DATA_HOME: directory,
    HELM_PLUGINS: `${directory}/none`,
    LC_ALL: "C",
  };
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd: directory, env, timeout: timeoutSeconds * 1_000, killSignal: "SIGKILL", maxBuffer: 64 << 20, windowsHide: true },
      (error, stdout, stderr) => {
        if (error === null) resolve({ kind: "rendered", text: stdout });
        else if ("code" in error && error.code === "ENOENT") resolve({ kind: "not-installed", program });
        else if (error.killed === true) resolve({ kind: "failed", why: `${program} did not finish in ${timeoutSeconds} s` });
        else resolve({ kind: "failed", why: complaint(stderr) || error.message });
      },
    );
  });
}

/** What a program says when it fails, without its warnings. */
function complaint(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !/^#? ?warning/i.test(line));
  return lines.slice(0, 5).join(" ");
}
