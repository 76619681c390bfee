import { watchCluster } from "../../cluster-api/watch-cluster.ts";
import { declarationsOf } from "../../operator/declarations.ts";
import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../../upgrade/cluster-snapshot.ts";
import { clusterVersion } from "../../upgrade/cluster-versions.ts";
import { newestVersions } from "../../upgrade/memory.ts";
import { proveUpgrade } from "../../upgrade/proof/prove-upgrade.ts";
import type { Proof } from "../../upgrade/upgrade-types.ts";
import { declaringObjects } from "../../upgrade/version-owner.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import { checkReadOptions, openDeclarations, type DeclarationSource, type ReadOptions } from "../git-options.ts";
import { proofText } from "../output/proof-text.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import { isRefusal, openSession, type Session } from "../session.ts";

export interface VerifyOptions extends GlobalOptions, ReadOptions {
  readonly version?: string;
  readonly hold: string;
  readonly timeout: string;
}

/** Watches until everything says the version and has said so for the hold, something speaks against it, or time is up. */
export async function verify(cluster: string, options: VerifyOptions): Promise<ExitCode> {
  const holdSeconds = parseDuration(options.hold, "--hold");
  const timeoutSeconds = parseDuration(options.timeout, "--timeout");
  checkReadOptions(options);
  const session = await openSession(options);
  const { terminal, format } = session;
  let source: DeclarationSource | undefined;
  try {
    const first = await session.look(cluster);
    if (isRefusal(first)) {
      terminal.say(refusalText(terminal, first));
      return exitCodes.refused;
    }
    const version = options.version ?? clusterVersion(first);
    if (version === undefined) {
      terminal.say(`Cluster ${session.namespace}/${cluster} declares no version. Name the one to verify with --version.`);
      return exitCodes.refused;
    }
    source = options.repo === undefined ? undefined : await openDeclarations(options, session.clock);
    const proof = await watchProof(session, cluster, { version, holdSeconds, timeoutSeconds, source });
    if (isRefusal(proof)) {
      terminal.say(refusalText(terminal, proof));
      return exitCodes.refused;
    }
    terminal.out(await render(format, proof, () => proofText(terminal, proof)));
    return proof.verdict === "proven" ? exitCodes.done : proof.verdict === "broken" ? exitCodes.contradicted : exitCodes.timedOut;
  } finally {
    await source?.dispose();
    session.close();
  }
}

interface Wanted {
  readonly version: string;
  readonly holdSeconds: number;
  readonly timeoutSeconds: number;
  /** Where the version is declared; undefined when no repository was named. */
  readonly source: DeclarationSource | undefined;
}

/** The proof as it is at its verdict or when time is up; a refusal where the source cannot say what it declares. */
async function watchProof(session: Session, cluster: string, wanted: Wanted): Promise<Proof | Refusal> {
  const { version, holdSeconds, timeoutSeconds, source } = wanted;
  const { client, clock, discovery, namespace, terminal } = session;
  const watch = watchCluster(client, { namespace, name: cluster }, { clock, workload: session.workload(cluster), discovery });
  const deadline = clock.now() + timeoutSeconds * 1000;
  let previous: Proof | undefined;
  let said = "";
  let baseline: Extract<ClusterSnapshot["workload"], { state: "reachable" }>["workloads"];

  /** The newest versions that the objects and their source were seen to declare: what is older after that is a revert. */
  let seen: Readonly<Record<string, string>> = {};
  let declared: Readonly<Record<string, string>> = {};

  async function look(fresh: boolean): Promise<Proof | Refusal> {
    const notBefore = fresh ? clock.now() : 0;
    const snapshot = await (fresh ? watch.freshSnapshot() : watch.snapshot());
    if (snapshot.workload.state === "reachable") baseline ??= snapshot.workload.workloads;
    const found = source === undefined ? undefined : await declarationsOf(source, snapshot, { notBefore });
    if (found?.kind === "refused") return found.refusal;
    const declarations = found?.declarations ?? [];
    seen = newestVersions(seen, declaringObjects(snapshot));
    declared = newestVersions(declared, declarations);
    return proveUpgrade({ snapshot, version, holdSeconds, now: clock.now(), previous, baseline, declarations, seen, declared });
  }

  try {
    for (;;) {
      const watched = await look(false);
      // A verdict does not rest on watches, of which one may lag behind another, nor on what Git was a moment ago.
      const proof = isRefusal(watched) || isVerdict(watched) ? await look(true) : watched;
      const now = clock.now();
      if (isRefusal(proof) || isVerdict(proof) || now >= deadline) return proof;
      const open = proof.links.find(({ state }) => state !== "proven" && state !== "not-applicable");
      const line = `${open?.link ?? ""}: ${(open?.evidence ?? "").replaceAll(/\d+ s\b/g, "… s")}`;
      if (line !== said) terminal.say(`waiting for ${open?.link}: ${open?.evidence}`);
      said = line;
      previous = proof;
      const heldFor = proof.heldSince === undefined ? 5_000 : proof.heldSince + holdSeconds * 1000 - now;
      await watch.changed(Math.max(100, Math.min(5_000, heldFor, deadline - now)));
    }
  } finally {
    watch.close();
  }
}

function isVerdict({ verdict }: Proof): boolean {
  return verdict === "proven" || verdict === "broken";
}
