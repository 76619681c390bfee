import { listClusters } from "../../cluster-api/read-cluster.ts";
import { openAttempts } from "../attempts.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { statusTable, stateOf } from "../output/status-table.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import type { UpgradeSummary } from "../../operator/api/upgrade-summary.ts";
import { openSession } from "../session.ts";

export async function status(options: GlobalOptions & { readonly allNamespaces?: boolean }): Promise<ExitCode> {
  const session = await openSession(options);
  const { client, discovery, terminal, clock, format } = session;
  // Without a namespace all are shown: a fleet is seldom in one.
  const namespace = options.allNamespaces === true ? undefined : options.namespace;
  try {
    const [{ clusters, gaps }, upgrades] = await Promise.all([
      listClusters(client, { namespace, discovery }),
      openAttempts(session, namespace),
    ]);
    const upgradeOf = ({ ref }: (typeof clusters)[number]): UpgradeSummary | undefined => upgrades.get(`${ref.namespace}/${ref.name}`);
    const now = clock.now();
    const data = clusters.map((cluster) => {
      const [state, why] = stateOf(cluster, now);
      const { ref, version, paused, deleting, controlPlane, workers, delivery } = cluster;
      const upgrade = upgradeOf(cluster);
      return {
        ...(upgrade === undefined ? {} : { upgrade: shown(upgrade) }),
        namespace: ref.namespace,
        name: ref.name,
        declaredVersion: version,
        state,
        why,
        paused,
        deleting,
        controlPlane,
        workers,
        delivery,
      };
    });
    if (clusters.length > 0 || format === "json" || format === "yaml")
      terminal.out(await render(format, { clusters: data, gaps }, () => statusTable(clusters, now, format === "wide", upgradeOf)));
    else if (gaps.length === 0) terminal.say(`No clusters${namespace === undefined ? "" : ` in namespace ${namespace}`}.`);
    for (const { what, message } of gaps) terminal.say(`${terminal.paint("warn", "!")} ${what}: ${message}`);
    return gaps.length > 0 && clusters.length === 0 ? exitCodes.refused : exitCodes.done;
  } finally {
    session.close();
  }
}

/** Where the cluster's ClusterUpgrade is, and why. */
function shown({ name, to, phase, machines, message, remedy }: UpgradeSummary): object {
  return { name, targetVersion: to, phase, machines, message, remedy };
}
