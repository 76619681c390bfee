import { variableName } from "../upgrade/class-variables.ts";
import type { UpgradePlan, UpgradeStep } from "../upgrade/upgrade-types.ts";
import type { BudgetFacts } from "./budget-facts.ts";
import type { ChangedPlace } from "./change-writer.ts";
import type { RollingFact } from "./rollout-facts.ts";

export interface CheckFact {
  readonly name: string;
  readonly result: "passed" | "warned" | "failed" | "skipped";
  readonly message: string;
}

/** What a person needs to know of one cluster to say yes or no. */
export interface ClusterFacts {
  readonly plan: UpgradePlan;
  /** The step that is merged here; undefined for what comes after the steps (an old template that goes). */
  readonly step: UpgradeStep | undefined;
  readonly changes: readonly ChangedPlace[];
  readonly rolling: readonly RollingFact[];
  readonly checks: readonly CheckFact[];
  readonly budgets: BudgetFacts;
  readonly estimate: { readonly lowSeconds: number; readonly highSeconds: number; readonly basis: string } | undefined;
}

export interface PullRequestFacts {
  /** One, or those of a batch in a fixed order. */
  readonly clusters: readonly ClusterFacts[];
  readonly links: readonly { readonly title: string; readonly url: string }[];
}

const longestList = 50;
/** GitHub takes 65,536 characters; the rest is for the marker. */
const longestBody = 60_000;

/** Markdown. The same facts give the same text, so that a body is sent again only when something has changed. */
export function pullRequestBody({ clusters, links }: PullRequestFacts): string {
  const parts = [
    ...clusters.flatMap((facts) => clusterPart(facts, clusters.length > 1)),
    ...(links.length === 0
      ? []
      : [
          "## Links",
          links
            .map(
              ({ title, url }) =>
                `- [${inline(title)}](${url.replaceAll(/[\s()<>]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`)})`,
            )
            .join("\n"),
        ]),
    pullRequestFoot,
  ];
  const body = parts.join("\n\n");
  return body.length <= longestBody ? `${body}\n` : `${body.slice(0, longestBody)}\n\n… and more; see \`capi-gitops plan\`.\n`;
}

/** One cluster's part of the body of a batch. */
export function batchPart(facts: ClusterFacts): string {
  return clusterPart(facts, true).join("\n\n");
}

export const pullRequestFoot =
  "---\n\nMerging starts the rollout. Closing without merging stops this upgrade; nothing is changed then. Commits on this branch by others are kept.";

function clusterPart(facts: ClusterFacts, several: boolean): readonly string[] {
  const { plan, changes, rolling, checks, estimate } = facts;
  const { namespace, name } = plan.cluster;
  const heading = several ? "###" : "##";
  const risks = [...plan.warnings, ...budgetLines(facts.budgets)];
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [`${heading} ${title}`, lines.join("\n")];
  return [
    ...(several ? [`## ${code(`${namespace}/${name}`)}`] : []),
    `Cluster ${code(`${namespace}/${name}`)}: Kubernetes ${code(plan.from)} → ${code(plan.to)}.`,
    ...part(
      "Plan",
      plan.steps.map((step, at) => `${at + 1}. ${stepLine(step)}${isSame(step, facts.step) ? " **(this one)**" : ""}`),
    ),
    ...part(
      "Changes",
      shortened(changes.map(({ place, before, after }) => `- ${code(place)}: ${code(before)} → ${after === "" ? "removed" : code(after)}`)),
    ),
    ...part("What will roll", shortened(rolling.map(rollingLine))),
    ...part("How long", [
      estimate === undefined
        ? "Not known: no upgrade of this cluster has been seen to its end."
        : `${duration(estimate.lowSeconds)} to ${duration(estimate.highSeconds)} (${inline(estimate.basis)}).`,
    ]),
    ...part("Risk", shortened(risks.map((risk) => `- ${inline(risk)}`))),
    ...part(
      "Checks",
      shortened(checks.map(({ name: check, result, message }) => `- ${marks[result]} ${inline(check)}: ${inline(message)}`)),
    ),
  ];
}

function budgetLines(budgets: BudgetFacts): readonly string[] {
  if (budgets.kind === "not-asked")
    return [`The workload cluster was not asked for disruption budgets that could hold up a drain: ${budgets.why}.`];
  return budgets.holding.map((budget) => `A disruption budget can hold up the drain: ${budget}`);
}

const marks = { passed: "✅", warned: "⚠️", failed: "❌", skipped: "➖" } as const;

function stepLine(step: UpgradeStep): string {
  const { kind, name } = step.object;
  const base = `${kind} ${code(name)}: ${code(step.from)} → ${code(step.to)}`;
  if (step.kind !== "topology") return step.rotation === undefined ? base : `${base}, with a new ${step.rotation.template.kind}`;
  const through = step.controlPlaneThrough.length > 1 ? `, the control plane through ${step.controlPlaneThrough.map(code).join(", ")}` : "";
  return [`${base}${through}`, ...(step.variables ?? []).map((change) => `${inline(variableName(change))} ${code(change.to)}`)].join(
    ", with ",
  );
}

function isSame(step: UpgradeStep, here: UpgradeStep | undefined): boolean {
  return here !== undefined && step.to === here.to && step.object.kind === here.object.kind && step.object.name === here.object.name;
}

function rollingLine({ what, machines, through, how }: RollingFact): string {
  const times = through.length > 1 ? `, ${through.length} times (${through.map(code).join(", ")})` : "";
  return `- ${inline(what)}: ${machines} machine${machines === 1 ? "" : "s"}${times}; ${inline(how)}`;
}

function shortened(lines: readonly string[]): readonly string[] {
  return lines.length <= longestList ? lines : [...lines.slice(0, longestList), `- … and ${lines.length - longestList} more`];
}

/** `45 s`, `12 min`, `2 h 5 min`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}

/**
 * Text of others on one line: it names nobody (`@`), refers to nothing (`#`, `!`), and is no markup; a line of its own could be a command on GitLab.
 * Forges look for names in the rendered text, so that a backslash or `&#64;` does not help; a space of no width does.
 */
function inline(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .replaceAll(/[\\`*_[\]|~]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[@#!](?=[\w-])/g, "$&&#8203;");
}

function code(text: string): string {
  // A comment in a text of others could be taken for one of ours.
  const plain = text.replaceAll(/[\p{Cc}\s]+/gu, " ").replaceAll("<!--", "<!\u200b--");
  const fence = "`".repeat(1 + Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length)));
  const pad = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return plain === "" ? "(nothing)" : `${fence}${pad}${plain}${pad}${fence}`;
}
