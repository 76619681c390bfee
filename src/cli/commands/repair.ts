import { watchCluster } from "../../cluster-api/watch-cluster.ts";
import { ApiError } from "../../kubernetes/errors.ts";
import { objectName } from "../../upgrade/cluster-words.ts";
import { areRepaired, planRepairs } from "../../upgrade/repairs.ts";
import type { Repair } from "../../upgrade/upgrade-types.ts";
import { setVersion } from "../../operator/set-version.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText, UsageError } from "../failure.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import { isRefusal, openSession, type Session } from "../session.ts";

export interface RepairOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly timeout: string;
}

/** Shows what would mend the cluster, asks, does it, and waits until Cluster API says that it is mended. */
export async function repair(cluster: string, options: RepairOptions): Promise<ExitCode> {
  const timeoutSeconds = parseDuration(options.timeout, "--timeout");
  const session = await openSession(options);
  const { terminal, format } = session;
  try {
    const snapshot = await session.look(cluster);
    const repairs = isRefusal(snapshot) ? snapshot : planRepairs(snapshot);
    if ("reason" in repairs) {
      if (repairs.reason === "NothingToRepair")
        terminal.out(await render(format, { repairs: [], message: repairs.message }, () => repairs.message));
      else terminal.say(refusalText(terminal, repairs));
      return repairs.reason === "NothingToRepair" ? exitCodes.done : exitCodes.refused;
    }
    terminal.out(await render(format, { repairs }, () => repairs.map(repairText).join("\n")));
    if (options.dryRun === true) return exitCodes.done;
    if (options.yes !== true && !(await agreed(session))) return exitCodes.refused;
    for (const one of repairs) await carryOut(session, one);
    return await healed(session, cluster, repairs, timeoutSeconds);
  } finally {
    session.close();
  }
}

function repairText({ object, from, to, why }: Repair): string {
  return `Set the version of ${objectName(object)} from ${from} back to ${to}.\n  Why: ${why}`;
}

async function agreed({ terminal }: Session): Promise<boolean> {
  const answer = await terminal.confirm("Do it?");
  if (answer === undefined)
    throw new UsageError("Nobody can answer here whether to do it. Say --yes to do it, or --dry-run to only see it.");
  if (!answer) terminal.say("Nothing was changed.");
  return answer;
}

async function carryOut({ client, discovery, terminal }: Session, one: Repair): Promise<void> {
  try {
    await setVersion(client, discovery, one);
  } catch (error) {
    if (error instanceof ApiError && error.status === 409)
      throw new UsageError(`${objectName(one.object)} was changed by somebody else in this moment. Look again: run the same command.`);
    throw error;
  }
  terminal.say(`${objectName(one.object)} is back at ${one.to}.`);
}

async function healed(session: Session, cluster: string, repairs: readonly Repair[], timeoutSeconds: number): Promise<ExitCode> {
  const { client, clock, discovery, namespace, terminal } = session;
  const watch = watchCluster(client, { namespace, name: cluster }, { clock, discovery });
  const deadline = clock.now() + timeoutSeconds * 1000;
  try {
    for (;;) {
      const snapshot = await watch.snapshot();
      if (areRepaired(snapshot, repairs)) {
        terminal.say(`${terminal.paint("good", "✓")} The topology of ${objectName(snapshot.ref)} reconciles again.`);
        return exitCodes.done;
      }
      if (clock.now() >= deadline) {
        terminal.say(
          `The topology of ${objectName(snapshot.ref)} does not reconcile yet. Look again with: ${session.commandHere("describe", cluster)}`,
        );
        return exitCodes.timedOut;
      }
      await watch.changed(Math.min(5_000, deadline - clock.now()));
    }
  } finally {
    watch.close();
  }
}
