import { managementReads } from "../../cluster-api/management-reads.ts";
import { watchCluster } from "../../cluster-api/watch-cluster.ts";
import type { ChangeWriter } from "../../operator/change-writer.ts";
import { createDirectWriter } from "../../operator/direct-writer.ts";
import { formerTemplates } from "../../operator/former-templates.ts";
import { runUpgrade, type UpgradeResult } from "../../operator/upgrade-run.ts";
import { planUpgrade } from "../../upgrade/plan.ts";
import { upgradeIdOf } from "../../operator/upgrade-id.ts";
import type { ClusterSnapshot } from "../../upgrade/cluster-snapshot.ts";
import type { UpgradeRequest } from "../../upgrade/upgrade-types.ts";
import { lookWithImages, type CatalogOptions, type ClusterAndImages } from "../catalog-options.ts";
import { commandLine } from "../command-line.ts";
import { detachOnInterrupt } from "../detach.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText, UsageError } from "../failure.ts";
import { openGitWriter, type GitOptions } from "../git-options.ts";
import { planText } from "../output/plan-text.ts";
import { progressView } from "../output/progress.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import { isRefusal, openSession, type Session } from "../session.ts";
import { finish, leftText, resultData, writtenText } from "./upgrade-result.ts";

export interface UpgradeOptions extends GlobalOptions, GitOptions, CatalogOptions {
  readonly to: string;
  readonly via: readonly string[];
  /** False with `--no-git`. */
  readonly git: boolean;
  readonly override?: boolean;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly hold: string;
  readonly stall: string;
  readonly timeout: string;
  readonly retireTemplates?: boolean;
}

export async function upgrade(cluster: string, options: UpgradeOptions): Promise<ExitCode> {
  checkWhere(options);
  const durations = durationsOf(options);
  const session = await openSession(options);
  const { terminal, format } = session;
  let writer: ChangeWriter | undefined;
  try {
    const look = await lookWithImages(session, cluster, options);
    if (isRefusal(look)) {
      const result = { kind: "refused", refusals: [look], decision: undefined } as const;
      if (format === "json" || format === "yaml") terminal.out(await render(format, resultData(result), () => ""));
      return finish(session, cluster, result, "");
    }
    const { snapshot } = look;
    const request = requestOf(look, options, durations);
    writer = options.git
      ? await openGitWriter(options, session.clock, request.upgradeId)
      : createDirectWriter({
          client: session.client,
          discovery: session.discovery,
          clock: session.clock,
          override: options.override === true,
        });
    if (options.dryRun === true) return await dryRun(session, snapshot, request, writer);
    const result = await run(session, cluster, options, request, writer, durations.timeoutSeconds);
    if (format === "json" || format === "yaml") terminal.out(await render(format, resultData(result), () => ""));
    return finish(session, cluster, result, commandLine(process.argv.slice(2)));
  } finally {
    await writer?.dispose();
    session.close();
  }
}

function checkWhere({ git, repo }: UpgradeOptions): void {
  if (git && repo === undefined) {
    throw new UsageError(
      "Where is the version declared? Name the Git repository with --repo URL, or say --no-git to write to the management cluster directly (what a GitOps engine applies would be put back).",
    );
  }
  if (!git && repo !== undefined) throw new UsageError("--repo and --no-git exclude each other.");
}

interface Durations {
  readonly holdSeconds: number;
  readonly stallSeconds: number;
  readonly timeoutSeconds: number;
}

/** Throws UsageError. */
function durationsOf({ hold, stall, timeout }: UpgradeOptions): Durations {
  return {
    holdSeconds: parseDuration(hold, "--hold"),
    stallSeconds: parseDuration(stall, "--stall"),
    timeoutSeconds: parseDuration(timeout, "--timeout"),
  };
}

function requestOf(
  { snapshot, images }: ClusterAndImages,
  options: UpgradeOptions,
  { holdSeconds, stallSeconds }: Durations,
): UpgradeRequest {
  return {
    upgradeId: upgradeIdOf(snapshot, options.to),
    target: options.to,
    via: options.via,
    holdSeconds,
    stallSeconds,
    images,
    ...(options.retireTemplates === true ? { retireOldTemplates: true } : {}),
  };
}

/** The plan, and the first step's change as it would be written. Nothing is written. */
async function dryRun(
  { terminal, format }: Session,
  snapshot: ClusterSnapshot,
  request: UpgradeRequest,
  writer: ChangeWriter,
): Promise<ExitCode> {
  const result = planUpgrade(snapshot, request);
  const [step] = result.kind === "plan" ? result.plan.steps : [];
  const preview = step === undefined ? undefined : await writer.preview(step);
  const text = (): string => {
    if (result.kind === "nothing-to-do") return result.message;
    if (result.kind === "refused") return result.refusals.map((refusal) => refusalText(terminal, refusal)).join("\n");
    const shown =
      preview?.kind === "preview"
        ? preview.diff || "Git says so already."
        : preview === undefined
          ? ""
          : refusalText(terminal, preview.refusal);
    return [planText(terminal, result.plan), "", `Step 1 would change, in ${writer.target}:`, shown].join("\n");
  };
  terminal.out(await render(format, { plan: result, preview }, text));
  return result.kind === "refused" || preview?.kind === "refused" ? exitCodes.refused : exitCodes.done;
}

async function run(
  session: Session,
  cluster: string,
  options: UpgradeOptions,
  request: UpgradeRequest,
  writer: ChangeWriter,
  timeoutSeconds: number,
): Promise<UpgradeResult> {
  const { client, clock, discovery, namespace, terminal } = session;
  const view = progressView(terminal);
  const detach = detachOnInterrupt();
  let noted = "";
  let warned = false;
  const watched = watchCluster(client, { namespace, name: cluster }, { clock, workload: session.workload(cluster), discovery });
  try {
    return await runUpgrade({
      cluster: watched,
      request,
      writer,
      wait: options.wait === true,
      clock,
      signal: detach.signal,
      timeoutSeconds,
      formerTemplates: (snapshot) => formerTemplates(managementReads(client, discovery), snapshot, request.target),
      onDecision: (decision) => {
        // Of the plan that is begun; what is left of it later has the same ones, or fewer.
        const { plan } = decision.status;
        if (plan !== undefined && !warned)
          for (const warning of plan.warnings) view.note(`${terminal.paint("warn", "!")} ${warning}`, clock.now());
        warned ||= plan !== undefined;
        view.update(decision, clock.now());
      },
      onWritten: (outcome, action) => {
        // A refused step is told at the end; an old template that cannot be taken out is no end.
        if (outcome.kind === "refused" && action.kind === "write") return;
        const text = outcome.kind === "refused" ? leftText(outcome, action) : writtenText(outcome, action, writer.target);
        // A branch that waits for its review is found again at every look.
        if (text !== noted) view.note(text, clock.now());
        noted = text;
      },
    });
  } finally {
    view.end();
    detach.release();
    watched.close();
  }
}
