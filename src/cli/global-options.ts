/** Options that every command takes. */
export interface GlobalOptions {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly output: string;
  readonly color: boolean;
  readonly requestTimeout: string;
}
