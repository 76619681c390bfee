import type { WorldFiles } from "./bring-up.ts";
import type { CopiedWorld } from "./copied-clusters.ts";
import { clusterClassFile, topologyClusterFile } from "./fleet-files.ts";

const namespace = "fleet";
const version = "v1.33.1";
const pools = [
  { name: "a", replicas: 3 },
  { name: "b", replicas: 2 },
  { name: "c", replicas: 2 },
];

/** The repository of a fleet: one class, and a file for each cluster of three control plane machines and seven workers. */
export function fleetWorld(count: number): WorldFiles {
  return {
    files: {
      "README.md": readme,
      "clusters/class.yaml": clusterClassFile(namespace),
      ...Object.fromEntries(
        fleetNames(count).map((name) => [
          `clusters/${name}.yaml`,
          topologyClusterFile({ name, namespace, version, controlPlanes: 3, pools }),
        ]),
      ),
    },
  };
}

/** The clusters of `fleetWorld(count)`, as copies of its first. */
export function fleetCopies(count: number): CopiedWorld {
  const [name, ...names] = fleetNames(count);
  return { world: fleetWorld(1), original: { namespace, name }, names };
}

function fleetNames(count: number): readonly [string, ...string[]] {
  return ["cluster-0", ...Array.from({ length: count - 1 }, (_, index) => `cluster-${index + 1}`)];
}

const readme = `# The fleet

What is below \`clusters/\` is applied to the management cluster by the sandbox's applier, which plays Argo CD or Flux.
`;
