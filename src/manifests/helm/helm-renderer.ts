import { runProgram, type Rendered } from "../rendering/run-program.ts";
import { withTemporaryFiles } from "../rendering/temporary-files.ts";

/** One `helm template`. */
export interface HelmRequest {
  /** All files of the chart, and the values files, by their paths in the repository. */
  readonly files: ReadonlyMap<string, string>;
  /** The chart's directory. */
  readonly chart: string;
  readonly releaseName: string;
  readonly namespace: string;
  /** Paths among `files`, the last wins. Values are never put on the command line: they may be secrets. */
  readonly values: readonly string[];
}

/** Renders a chart for real. */
export interface HelmRenderer {
  render(request: HelmRequest): Promise<Rendered>;
}

export interface HelmProgramOptions {
  /** `PATH` to look for `helm` on. Absent: our own. */
  readonly path?: string;
  readonly timeoutSeconds?: number;
}

/** `helm template`: no cluster, no repositories, no plugins; dependencies must be in the chart's `charts/`. */
export function createHelmRenderer({ path, timeoutSeconds = 30 }: HelmProgramOptions = {}): HelmRenderer {
  return {
    render: ({ files, chart, releaseName, namespace, values }) =>
      withTemporaryFiles(files, (directory) => {
        const args = ["template", releaseName, chart === "" ? "." : `./${chart}`];
        if (namespace !== "") args.push("--namespace", namespace);
        for (const file of values) args.push("--values", `./${file}`);
        return runProgram("helm", args, { directory, path: path ?? process.env["PATH"] ?? "", timeoutSeconds });
      }),
  };
}
