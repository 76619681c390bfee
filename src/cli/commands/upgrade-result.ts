import type { WriteOutcome } from "../../operator/change-writer.ts";
import type { UpgradeResult } from "../../operator/upgrade-run.ts";
import { objectName } from "../../upgrade/cluster-words.ts";
import type { Action } from "../../upgrade/decide.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import { stepText } from "../output/plan-text.ts";
import { proofText } from "../output/proof-text.ts";
import type { Session } from "../session.ts";

/** Says how it ended, and what to do next; gives the exit code. */
export function finish({ terminal, format, commandHere }: Session, cluster: string, result: UpgradeResult, again: string): ExitCode {
  const lookAgain = `Look again with: ${commandHere("verify", cluster)}\nGo on with:      ${again}`;
  const proof = (): void => {
    if (result.decision !== undefined && (format === "table" || format === "wide"))
      terminal.out(proofText(terminal, result.decision.status.proof));
  };
  switch (result.kind) {
    case "proven":
      proof();
      return exitCodes.done;
    case "contradicted":
      proof();
      return exitCodes.contradicted;
    case "refused":
      for (const refusal of result.refusals) terminal.say(refusalText(terminal, refusal));
      return exitCodes.refused;
    case "timed-out":
      proof();
      terminal.say(`${result.decision.status.message}\n${lookAgain}`);
      return exitCodes.timedOut;
    case "written":
      terminal.say(
        `Not waiting. ${result.decision.status.stepsTotal - result.decision.status.stepsDone > 1 ? "More steps follow this one: run the same command again, or with --wait." : "Cluster API does the rest."}\n${lookAgain}`,
      );
      return exitCodes.done;
    case "under-way":
      terminal.say(`${result.decision.status.message}\n${lookAgain}`);
      return exitCodes.done;
    case "detached":
      terminal.say(`Stopped watching. Nothing was undone; what was written is carried out without us.\n${lookAgain}`);
      return exitCodes.detached;
  }
}

/** `committed 3f2a… to main: Cluster demo/demo: v1.34.0 → v1.35.2 (clusters/demo.yaml:14)` */
export function writtenText(outcome: Exclude<WriteOutcome, { kind: "refused" }>, action: Action, target: string): string {
  const what = action.kind === "write" ? stepText(action.step) : `${objectName(action.template)} removed`;
  const commit =
    outcome.revision === undefined
      ? `wrote to ${target}`
      : `${outcome.kind === "already" ? "already in" : "committed"} ${outcome.revision.slice(0, 12)} on ${outcome.branch ?? ""}`;
  const places =
    outcome.kind === "written" ? outcome.changes.map(({ place, before, after }) => `\n    ${place}: ${before} → ${after}`).join("") : "";
  return `${commit}: ${what}${places}`;
}

/** `DockerMachineTemplate demo/cp stays: …` */
export function leftText({ refusal }: Extract<WriteOutcome, { kind: "refused" }>, action: Action): string {
  return action.kind === "write" ? refusal.message : `${objectName(action.template)} stays: ${refusal.message} ${refusal.remedy}`;
}

/** The stable shape of `-o json`. */
export function resultData(result: UpgradeResult): unknown {
  const status = result.decision?.status;
  return {
    result: result.kind,
    phase: status?.phase,
    message: status?.message,
    proof: status?.proof,
    contradictions: status?.contradictions ?? [],
    refusals: result.kind === "refused" ? result.refusals : [],
    written: result.kind === "written" ? result.outcome : undefined,
  };
}
