import { readCluster } from "../cluster-api/views/cluster.ts";
import type { FleetFacts } from "../telemetry/fleet-facts.ts";
import { isEnd } from "../upgrade/attempt/attempt-phases.ts";
import { versionRange } from "../upgrade/kubernetes-version.ts";
import type { ClusterUpgrade } from "./api/generated/cluster-upgrade.gen.ts";
import type { ReleaseCatalog } from "./api/generated/release-catalog.gen.ts";
import { knownAttempt } from "./controllers/cluster-upgrade/attempt-cache.ts";
import { readUpgradePolicy } from "./api/read-upgrade-policy.ts";
import { selects } from "../upgrade/policy/assign-policies.ts";
import type { RunningOperator } from "./run-operator.ts";

/** What metrics tell of the fleet, from memory alone. */
export function fleetFacts({ fleet, controllers, attempts, policies, catalogs }: RunningOperator, now: number): FleetFacts {
  const rules = policies().flatMap((object) => {
    const read = readUpgradePolicy(object);
    return read.kind === "read" ? [read.value.policy] : [];
  });
  const open = attempts().filter((object) => !isEnd(knownAttempt(object).phase));
  return {
    clusters: fleet.clusters().map((object) => {
      const view = readCluster(object, ignore);
      const { namespace, name } = view.ref;
      const running = [...view.controlPlane.versions, ...view.workers.versions].map(({ version }) => version);
      const selected = { namespace, name, labels: object.metadata.labels ?? {} };
      return {
        namespace,
        name,
        policy: rules.find(({ clusters }) => selects(clusters, selected))?.name,
        declared: view.topology?.version,
        running: versionRange(running)?.lowest,
        supportedUntil: undefined,
      };
    }),
    upgrades: open.map((object) => {
      const { namespace, clusterName, policyName, phase } = knownAttempt(object);
      // The API server holds it to its schema.
      const { status } = object as unknown as ClusterUpgrade;
      const gate = status?.waitingFor?.[0]?.gate;
      return {
        namespace,
        cluster: clusterName,
        policy: policyName,
        phase: phase ?? "planning",
        waitingFor: gate === "Approval" ? "approval" : gate === "Review" ? "review" : gate === "Window" ? "window" : undefined,
        stuckSince: undefined,
      };
    }),
    policies: [],
    catalogs: catalogs().map((object) => {
      const { metadata, status } = object as unknown as ReleaseCatalog;
      const times = (status?.sources ?? []).map(({ fetchedAt }) => (fetchedAt === undefined ? undefined : Date.parse(fetchedAt)));
      const confirmedAt = times.includes(undefined) ? undefined : Math.min(now, ...times.map((time) => time ?? now));
      return { name: metadata.name, releases: status?.versions ?? 0, confirmedAt };
    }),
    queues: controllers.map((controller) => ({ controller: controller.name, depth: controller.counts().ready })),
  };
}

function ignore(): void {}
