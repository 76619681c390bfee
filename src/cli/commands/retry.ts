import { sayTo } from "../attempts.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { GlobalOptions } from "../global-options.ts";

export function retry(cluster: string, options: GlobalOptions): Promise<ExitCode> {
  return sayTo(cluster, { kind: "retry" }, options);
}
