import { watchCluster } from "../../cluster-api/watch-cluster.ts";
import type { ClusterSnapshot } from "../../upgrade/cluster-snapshot.ts";
import { clusterVersion } from "../../upgrade/cluster-versions.ts";
import { proveUpgrade } from "../../upgrade/proof/prove-upgrade.ts";
import type { Proof } from "../../upgrade/upgrade-types.ts";
import { parseDuration } from "../duration.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import { proofText } from "../output/proof-text.ts";
import { render } from "../output/structured.ts";
import type { GlobalOptions } from "../global-options.ts";
import { isRefusal, openSession, type Session } from "../session.ts";

export interface VerifyOptions extends GlobalOptions {
  readonly version?: string;
  readonly hold: string;
  readonly timeout: string;
}

/** Watches until everything says the version and has said so for the hold, something speaks against it, or time is up. */
export async function verify(cluster: string, options: VerifyOptions): Promise<ExitCode> {
  const holdSeconds = parseDuration(options.hold, "--hold");
  const timeoutSeconds = parseDuration(options.timeout, "--timeout");
  const session = await openSession(options);
  const { terminal, format } = session;
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
    const proof = await watchProof(session, cluster, version, holdSeconds, timeoutSeconds);
    terminal.out(await render(format, proof, () => proofText(terminal, proof)));
    return proof.verdict === "proven" ? exitCodes.done : proof.verdict === "broken" ? exitCodes.contradicted : exitCodes.timedOut;
  } finally {
    session.close();
  }
}

async function watchProof(session: Session, cluster: string, version: string, holdSeconds: number, timeoutSeconds: number): Promise<Proof> {
  const { client, clock, discovery, namespace, terminal } = session;
  const watch = watchCluster(client, { namespace, name: cluster }, { clock, workload: session.workload(cluster), discovery });
  const deadline = clock.now() + timeoutSeconds * 1000;
  let previous: Proof | undefined;
  let said = "";
  let baseline: Extract<ClusterSnapshot["workload"], { state: "reachable" }>["workloads"];

  function proofOf(snapshot: ClusterSnapshot): Proof {
    if (snapshot.workload.state === "reachable") baseline ??= snapshot.workload.workloads;
    return proveUpgrade({ snapshot, version, holdSeconds, now: clock.now(), previous, baseline });
  }

  try {
    for (;;) {
      const seen = proofOf(await watch.snapshot());
      // A verdict does not rest on watches, of which one may lag behind another.
      const proof = isVerdict(seen) ? proofOf(await watch.freshSnapshot()) : seen;
      const now = clock.now();
      if (isVerdict(proof) || now >= deadline) return proof;
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
