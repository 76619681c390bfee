import type { ClusterSnapshot, WorkloadHealth } from "../cluster-snapshot.ts";
import { contradictionsOf } from "../contradictions.ts";
import type { SyncState } from "../sync-state.ts";
import type { Declaration, Link, Proof, ProofLink } from "../upgrade-types.ts";
import { applied, carried, committed, observed } from "./declared-links.ts";
import { controlPlane, kubelets, workers } from "./machine-links.ts";
import { finding, type Finding, type ProofContext } from "./proof-context.ts";
import { apiServer, workloads } from "./workload-links.ts";

/** The chain, in order; `held` closes it. */
const LINKS: readonly { readonly link: Exclude<Link, "held">; readonly find: (context: ProofContext) => Finding }[] = [
  { link: "committed", find: committed },
  { link: "applied", find: applied },
  { link: "carried", find: carried },
  { link: "observed", find: observed },
  { link: "control-plane", find: controlPlane },
  { link: "workers", find: workers },
  { link: "kubelets", find: kubelets },
  { link: "api-server", find: apiServer },
  { link: "workloads", find: workloads },
];

export interface ProofInput {
  readonly snapshot: ClusterSnapshot;
  /** The version that is to be proven. */
  readonly version: string;
  /** Versions on the way to it: a machine that was made for one of them and runs another speaks against the upgrade as well. */
  readonly through?: readonly string[] | undefined;
  /** What the source declares, for each object that declares the version; none without Git. */
  readonly declarations?: readonly Declaration[] | undefined;
  /** The workloads as they were before; without them none can be called newly unavailable. */
  readonly baseline?: readonly WorkloadHealth[] | undefined;
  /** The proof of the last look: since when each link is as it is, and for how long all has held. */
  readonly previous?: Proof | undefined;
  /** The newest version that each object was seen to declare in this run, by `objectKey`. */
  readonly seen?: Readonly<Record<string, string>> | undefined;
  /** The newest version that the source was seen to declare for each object in this run, by `objectKey`. */
  readonly declared?: Readonly<Record<string, string>> | undefined;
  /** What the engine that applies the source says. */
  readonly sync?: SyncState | undefined;
  readonly holdSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Whether everything, from the source to the kubelets, is at the version and stays so. Never proven by what could not be seen: that is `unknown`.
 * The verdict is `broken` when something speaks against it, `pending` while something is on its way, `unknown` when only what cannot be seen is missing.
 */
export function proveUpgrade(input: ProofInput): Proof {
  const {
    snapshot,
    version,
    through = [],
    declarations = [],
    baseline,
    previous,
    seen = {},
    declared = {},
    sync,
    holdSeconds,
    now,
  } = input;
  const contradictions = contradictionsOf({ snapshot, version, through, declarations, seen, declared, sync });
  const context: ProofContext = { snapshot, version, declarations, baseline, contradictions, sync };
  const findings = LINKS.map(({ link, find }) => ({ link, ...find(context) }));
  const first = findings.find(({ state }) => !counts(state));
  const heldSince = first === undefined && contradictions.length === 0 ? (continued(previous, version)?.heldSince ?? now) : undefined;
  const held = heldFinding(first?.link, heldSince, holdSeconds, now);
  const links = [...inOrder(findings), { link: "held" as const, ...held }].map((link): ProofLink => ({
    ...link,
    since: sinceWhen(continued(previous, version), link, now),
  }));
  return { version, links, verdict: verdictOf(findings, held, contradictions.length), contradictions, heldSince };
}

/** A link counts as proven only when all before it do; what was seen of it is told all the same. */
function inOrder(findings: readonly (Finding & { readonly link: Link })[]): readonly (Finding & { readonly link: Link })[] {
  let open: Link | undefined;
  return findings.map((found) => {
    const waits = found.state === "proven" ? open : undefined;
    if (!counts(found.state)) open ??= found.link;
    return waits === undefined ? found : { ...found, state: "pending", evidence: `${found.evidence} Counts once ${waits} is proven.` };
  });
}

function heldFinding(open: Link | undefined, heldSince: number | undefined, holdSeconds: number, now: number): Finding {
  if (heldSince === undefined) return finding("pending", open === undefined ? "Contradicted." : `Begins once ${open} is proven.`);
  const heldSeconds = Math.floor((now - heldSince) / 1000);
  return heldSeconds >= holdSeconds
    ? finding("proven", `All of it has held for ${heldSeconds} s.`)
    : finding("pending", `All of it has held for ${heldSeconds} of ${holdSeconds} s.`);
}

function verdictOf(findings: readonly Finding[], held: Finding, contradictions: number): Proof["verdict"] {
  const states = new Set(findings.map(({ state }) => state));
  if (contradictions > 0 || states.has("broken")) return "broken";
  if (states.has("pending")) return "pending";
  if (states.has("unknown")) return "unknown";
  return held.state === "proven" ? "proven" : "pending";
}

function counts(state: ProofLink["state"]): boolean {
  return state === "proven" || state === "not-applicable";
}

/** A proof of another version says nothing about this one. */
function continued(previous: Proof | undefined, version: string): Proof | undefined {
  return previous?.version === version ? previous : undefined;
}

function sinceWhen(previous: Proof | undefined, { link, state }: Pick<ProofLink, "link" | "state">, now: number): number {
  const before = previous?.links.find((other) => other.link === link);
  return before?.state === state ? before.since : now;
}
