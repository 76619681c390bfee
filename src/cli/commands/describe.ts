import { findingsOf } from "../../cluster-api/conditions-in-words.ts";
import { versionOwnerOf } from "../../cluster-api/version-owner.ts";
import type { ClusterSnapshot } from "../../upgrade/cluster-snapshot.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import { describeTree } from "../output/describe-tree.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import { isRefusal, openSession } from "../session.ts";

export async function describe(cluster: string, options: GlobalOptions): Promise<ExitCode> {
  const session = await openSession(options);
  const { terminal, format } = session;
  try {
    const asData = format === "json" || format === "yaml";
    // The tree shows nodes and no workloads.
    const snapshot = await session.look(cluster, { workloads: asData });
    if (isRefusal(snapshot)) {
      terminal.say(refusalText(terminal, snapshot));
      return exitCodes.refused;
    }
    terminal.out(await render(format, asData ? dataOf(snapshot) : undefined, () => describeTree(terminal, snapshot, format === "wide")));
    return exitCodes.done;
  } finally {
    session.close();
  }
}

function dataOf(snapshot: ClusterSnapshot): unknown {
  const { kind, version, words } = versionOwnerOf(snapshot);
  const findings = findingsOf(snapshot).map(({ object, standing, sentence, remedy }) => ({ object, standing, sentence, remedy }));
  return { ...snapshot, versionOwner: { kind, version, words }, findings };
}
