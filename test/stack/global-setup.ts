import { readFileSync } from "node:fs";
import { delimiter } from "node:path";
import type { TestProject } from "vitest/node";
import { areCached, ensureBinaries } from "./build.ts";
import { baseModules, engineModules, forgeModules, helmControllerModules, type ToolModule } from "./components.ts";
import { startEngines } from "./engines.ts";
import { mendLostMachines } from "./lost-machines.ts";
import { startStack, type StackDescription } from "./stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    stack: StackDescription;
    /** Why no Gitea can be started here; empty where one can. */
    giteaMissing: string;
    /** Why no helm-controller of Flux runs here; empty where one does. */
    helmControllerMissing: string;
  }
}

/** One stack for all scenarios; each has a namespace of its own. `CAPI_GITOPS_STACK=FILE` reuses one that `npm run stack -- --engines` started. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const reused = process.env["CAPI_GITOPS_STACK"];
  if (reused !== undefined) {
    const description = JSON.parse(readFileSync(reused, "utf8")) as StackDescription;
    project.provide("stack", description);
    project.provide("giteaMissing", (await areCached(forgeModules)) ? "" : "Gitea is not built (npm run stack -- --gitea builds it)");
    project.provide("helmControllerMissing", (await areCached(helmControllerModules)) ? "" : "Flux' helm-controller is not built");
    usePath(description.path);
    const mender = await mendLostMachines(description.kubeconfig, (line) => console.log(`[stack] ${line}`));
    return () => mender.stop();
  }
  const log = (line: string): void => console.log(`[stack] ${line}`);
  // Before anything runs: it may take a quarter of an hour.
  await ensureBinaries(log, [...baseModules, ...engineModules]);
  project.provide("giteaMissing", await missing(log, forgeModules, "Gitea", "pull requests on a real forge"));
  project.provide("helmControllerMissing", await missing(log, helmControllerModules, "Flux' helm-controller", "a real HelmRelease"));
  const stack = await startStack(log);
  const { kubeconfig, server, folder, kubectl, clusterctl, path } = stack;
  const engines = await startEngines(stack, log).catch(async (error: unknown) => {
    await stack.stop({ keep: true });
    throw error;
  });
  project.provide("stack", { kubeconfig, server, folder, kubectl, clusterctl, path, engines: true });
  usePath(path);
  const mender = await mendLostMachines(kubeconfig, log);
  return async () => {
    const failed = project.vitest.state.getCountOfFailedTests() > 0;
    await mender.stop();
    await engines.stop();
    await stack.stop({ keep: failed });
    if (failed) console.log(`[stack] logs are kept in ${folder}/logs`);
  };
}

/** What is less than the rest: without it everything else is tested, and what it would have shown is skipped and said. */
async function missing(log: (line: string) => void, modules: readonly ToolModule[], name: string, shows: string): Promise<string> {
  try {
    await ensureBinaries(log, modules);
    return "";
  } catch (error) {
    const why = `${name} could not be built: ${String(error)}`;
    log(`${why}\n  SKIPPED: the tests of ${shows}`);
    return why;
  }
}

/** The test processes find the pinned kubectl and helm before any others of this machine. */
function usePath(path: readonly string[]): void {
  process.env["PATH"] = [...path, process.env["PATH"] ?? ""].join(delimiter);
}
