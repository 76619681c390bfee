import { sayTo } from "../attempts.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { GlobalOptions } from "../global-options.ts";

export interface ApproveOptions extends GlobalOptions {
  readonly workers?: boolean;
  readonly controlPlane?: boolean;
}

export function approve(cluster: string, options: ApproveOptions): Promise<ExitCode> {
  return sayTo(cluster, { kind: "approve", controlPlane: options.controlPlane === true, workers: options.workers === true }, options);
}
