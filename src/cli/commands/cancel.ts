import type { UpgradeSummary } from "../../operator/api/upgrade-summary.ts";
import { sayTo, type VerbOptions } from "../attempts.ts";
import type { ExitCode } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import type { Session } from "../session.ts";

/** Shows what cancelling means at this moment, and asks. */
export function cancel(cluster: string, options: VerbOptions): Promise<ExitCode> {
  return sayTo(cluster, { kind: "cancel" }, options, async (upgrade, session) => {
    session.terminal.say(whatItMeans(upgrade));
    return options.yes === true || (await agreed(session));
  });
}

function whatItMeans({ namespace, cluster, to, cancelMeans }: UpgradeSummary): string {
  const means = cancelMeans ?? "Nothing was written yet, as far as the operator has told.";
  return `Cancelling the upgrade of ${namespace}/${cluster} to ${to} means: ${means} It cannot be taken back.`;
}

async function agreed({ terminal }: Session): Promise<boolean> {
  const answer = await terminal.confirm("Cancel it?");
  if (answer === undefined) throw new UsageError("Nobody can answer here whether to cancel it. Say --yes to do it.");
  if (!answer) terminal.say("Nothing was changed.");
  return answer;
}
