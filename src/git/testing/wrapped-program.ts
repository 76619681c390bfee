import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A directory for the front of PATH in which `name` is this shell script. In the script, `$REAL` is the program that would run otherwise. */
export async function wrappedProgram(directory: string, name: string, script: string): Promise<string> {
  const bin = join(directory, `bin-${name}`);
  await mkdir(bin, { recursive: true });
  const search = process.env["PATH"] ?? "";
  await writeFile(join(bin, name), `#!/bin/sh\nREAL=$(PATH='${search}' command -v ${name})\n${script}\n`);
  await chmod(join(bin, name), 0o755);
  return bin;
}

/** An environment in which every git process, and every process that git starts, leaves its argv in `log`. */
export async function recordedGit(directory: string): Promise<{ readonly environment: Record<string, string>; argv(): Promise<string> }> {
  const log = join(directory, "git-trace.log");
  const bin = await wrappedProgram(
    directory,
    "git",
    `printf 'argv: %s\\n' "$*" >> '${log}'\nGIT_TRACE='${log}' GIT_TRACE_REDACT=0 exec "$REAL" "$@"`,
  );
  return { environment: { PATH: `${bin}:${process.env["PATH"] ?? ""}` }, argv: () => readFile(log, "utf8") };
}
