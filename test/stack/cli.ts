// `npm run stack`: the real stack in the foreground until Ctrl-C, for playing and for running single scenarios against it.
import { writeFileSync } from "node:fs";
import { startStack } from "./stack.ts";

const stack = await startStack((line) => console.error(line));
const { kubeconfig, server, folder, kubectl, clusterctl, path } = stack;
const file = "/tmp/capi-gitops-stack.json";
writeFileSync(file, JSON.stringify({ kubeconfig, server, folder, kubectl, clusterctl, path }));
console.log(`export KUBECONFIG=${kubeconfig} CAPI_GITOPS_STACK=${file}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void stack.stop({ keep: false }).then(() => process.exit(0));
  });
}
setInterval(() => undefined, 1 << 30);
