// `npm run stack`: the real stack in the foreground until Ctrl-C, for playing and for running single scenarios against it. `-- --engines`: with Argo CD and Flux;
// `--gitea`: what starts Gitea is built as well.
// `CAPI_GITOPS_STACK=FILE npm run stack -- --engines`: only these two, on the stack that FILE describes.
import { readFileSync, writeFileSync } from "node:fs";
import { ensureBinaries } from "./build.ts";
import { engineModules, forgeModules, helmControllerModules } from "./components.ts";
import { startEngines } from "./engines.ts";
import { startStack, type StackDescription } from "./stack.ts";

const log = (line: string): void => console.error(line);
const withEngines = process.argv.includes("--engines");
const reused = process.env["CAPI_GITOPS_STACK"];
if (withEngines) await ensureBinaries(log, [...engineModules, ...helmControllerModules]);
if (process.argv.includes("--gitea")) await ensureBinaries(log, forgeModules);
const stack = reused === undefined ? await startStack(log) : undefined;
const description = stack ?? (JSON.parse(readFileSync(reused ?? "", "utf8")) as StackDescription);
const engines = withEngines ? await startEngines(description, log) : undefined;
const { kubeconfig, server, folder, kubectl, clusterctl, path } = description;
const file = reused ?? "/tmp/capi-gitops-stack.json";
writeFileSync(file, JSON.stringify({ kubeconfig, server, folder, kubectl, clusterctl, path, engines: withEngines }));
console.log(`export KUBECONFIG=${kubeconfig} CAPI_GITOPS_STACK=${file}`);
async function stop(): Promise<void> {
  await engines?.stop();
  await stack?.stop({ keep: false });
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop());
setInterval(() => undefined, 1 << 30);
