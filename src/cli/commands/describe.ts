import { findingsOf } from "../../cluster-api/conditions-in-words.ts";
import { versionOwnerOf } from "../../cluster-api/version-owner.ts";
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
    // The tree shows nodes and no workloads.
    const snapshot = await session.look(cluster, { workloads: format === "json" || format === "yaml" });
    if (isRefusal(snapshot)) {
      terminal.say(refusalText(terminal, snapshot));
      return exitCodes.refused;
    }
    const { kind, version, words } = versionOwnerOf(snapshot);
    const findings = findingsOf(snapshot).map(({ object, standing, sentence, remedy }) => ({ object, standing, sentence, remedy }));
    terminal.out(
      await render(format, { ...snapshot, versionOwner: { kind, version, words }, findings }, () =>
        describeTree(terminal, snapshot, format === "wide"),
      ),
    );
    return exitCodes.done;
  } finally {
    session.close();
  }
}
