// `npm run stack`: the real stack in the foreground until Ctrl-C, for playing and for running single scenarios against it.
import { writeFileSync } from "node:fs";
import { startStack } from "./stack.ts";

const { stop, ...description } = await startStack((line) => console.error(line));
const file = "/tmp/capi-gitops-stack.json";
writeFileSync(file, JSON.stringify(description));
console.log(`export KUBECONFIG=${description.kubeconfig} CAPI_GITOPS_STACK=${file}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void stop({ keep: false }).then(() => process.exit(0));
  });
}
setInterval(() => undefined, 1 << 30);
