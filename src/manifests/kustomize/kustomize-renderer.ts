import { runProgram, type Rendered } from "../rendering/run-program.ts";
import { withTemporaryFiles } from "../rendering/temporary-files.ts";

/** Builds a kustomization for real. The files are all that it may read. */
export interface KustomizeRenderer {
  render(files: ReadonlyMap<string, string>, directory: string): Promise<Rendered>;
}

export interface KustomizeProgramOptions {
  /** `PATH` to look for `kustomize`, then `kubectl`, on. Absent: our own. */
  readonly path?: string;
  readonly timeoutSeconds?: number;
}

/** `kustomize build`, or else `kubectl kustomize`. Files outside of the directory are allowed, as Flux allows them; plugins and networks are not. */
export function createKustomizeRenderer({ path, timeoutSeconds = 30 }: KustomizeProgramOptions = {}): KustomizeRenderer {
  return {
    render: (files, root) =>
      withTemporaryFiles(files, async (directory) => {
        const target = root === "" ? "." : `./${root}`;
        const run = (program: string, command: string) =>
          runProgram(program, [command, "--load-restrictor=LoadRestrictionsNone", target], {
            directory,
            path: path ?? process.env["PATH"] ?? "",
            timeoutSeconds,
          });
        const built = await run("kustomize", "build");
        return built.kind === "not-installed" ? run("kubectl", "kustomize") : built;
      }),
  };
}
