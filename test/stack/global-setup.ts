import { readFileSync } from "node:fs";
import { delimiter } from "node:path";
import type { TestProject } from "vitest/node";
import { startStack, type StackDescription } from "./stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    stack: StackDescription;
  }
}

/** One stack for all scenarios; each has a namespace of its own. `CAPI_GITOPS_STACK=FILE` reuses one that `npm run stack` started. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reused = process.env["CAPI_GITOPS_STACK"];
  if (reused !== undefined) {
    const description = JSON.parse(readFileSync(reused, "utf8")) as StackDescription;
    project.provide("stack", description);
    usePath(description.path);
    return undefined;
  }
  const stack = await startStack((line) => console.log(`[stack] ${line}`));
  const { kubeconfig, server, folder, kubectl, clusterctl, path, engines } = stack;
  project.provide("stack", { kubeconfig, server, folder, kubectl, clusterctl, path, engines });
  usePath(path);
  return async () => {
    const failed = project.vitest.state.getCountOfFailedTests() > 0;
    await stack.stop({ keep: failed });
    if (failed) console.log(`[stack] logs are kept in ${folder}/logs`);
  };
}

/** The test processes find the pinned kubectl and helm before any others of this machine. */
function usePath(path: readonly string[]): void {
  process.env["PATH"] = [...path, process.env["PATH"] ?? ""].join(delimiter);
}
