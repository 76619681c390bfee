import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command. */
export const cli = fileURLToPath(new URL("../../../dist/capi-gitops.mjs", import.meta.url));

export interface SandboxProcess {
  readonly child: ChildProcess;
  readonly kubeconfig: string;
  /** What it has said on standard error so far. */
  readonly said: () => string;
}

/** `capi-gitops sandbox` with these arguments, once it has said where its kubeconfig is. Rejects when it ends before that. */
export async function startSandboxProcess(...args: readonly string[]): Promise<SandboxProcess> {
  const child = spawn(process.execPath, [cli, "sandbox", ...args], {
    env: { ...process.env, KUBECONFIG: "/nowhere", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const kubeconfig = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
  return { child, kubeconfig, said: () => said };
}
