/**
 * The official client library, reduced to its kubeconfig class; to be loaded by `import()`, only when a cluster is talked to. Bundled, this file makes a
 * chunk of 1.5 MB that loads in 70 ms; the library's index makes one of 14 MB that loads in 230 ms (docs/adr/0002-kubernetes-access.md).
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js";
