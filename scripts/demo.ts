// `npm run demo`: what the product decides and commits, on recorded objects of a real Cluster API v1.14 and in a real Git repository. No cluster is touched.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processTerminal } from "../src/cli/terminal.ts";
import { refusalText } from "../src/cli/failure.ts";
import { describeTree } from "../src/cli/output/describe-tree.ts";
import { planText } from "../src/cli/output/plan-text.ts";
import { proofText } from "../src/cli/output/proof-text.ts";
import { systemClock } from "../src/clock.ts";
import { assembleSnapshot } from "../src/cluster-api/assemble-snapshot.ts";
import { fixtureObjects, type Scene } from "../src/cluster-api/testing/fixtures.ts";
import { openRepository } from "../src/git/open-repository.ts";
import { createGitWriter } from "../src/operator/git-writer.ts";
import { upgradeIdOf } from "../src/operator/upgrade-id.ts";
import type { ClusterSnapshot } from "../src/upgrade/cluster-snapshot.ts";
import { planUpgrade } from "../src/upgrade/plan.ts";
import { proveUpgrade } from "../src/upgrade/proof/prove-upgrade.ts";
import { planRepairs } from "../src/upgrade/repairs.ts";

const terminal = processTerminal(!process.argv.includes("--no-color"));
const folder = mkdtempSync(join(tmpdir(), "capi-gitops-demo-"));
const remote = join(folder, "fleet.git");
const target = "v1.35.2";
let failures = 0;

function say(text = ""): void {
  console.log(text);
}

function heading(text: string): void {
  say(`\n${terminal.paint("bold", `── ${text}`)}\n`);
}

/** The demo claims nothing that it has not checked. */
function check(claim: string, holds: boolean): void {
  if (!holds) failures += 1;
  say(`${holds ? terminal.paint("good", "✓") : terminal.paint("bad", "✗ NOT TRUE:")} ${claim}`);
}

function git(...args: readonly string[]): string {
  const identity = {
    GIT_AUTHOR_NAME: "Somebody",
    GIT_AUTHOR_EMAIL: "somebody@example.com",
    GIT_COMMITTER_NAME: "Somebody",
    GIT_COMMITTER_EMAIL: "somebody@example.com",
  };
  const isolated = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", args, { encoding: "utf8", env: { ...process.env, ...identity, ...isolated } });
}

function recorded(scene: Scene): ClusterSnapshot {
  return assembleSnapshot(fixtureObjects(scene, "v1beta2"), systemClock.now());
}

/** The recorded topology cluster under another name: what `kustomize/production` declares. */
function renamed(snapshot: ClusterSnapshot, namespace: string, name: string): ClusterSnapshot {
  const ref = { ...snapshot.ref, namespace, name };
  return { ...snapshot, ref, uid: `${snapshot.uid}-${name}` };
}

/** Plans, shows and commits the first step; gives the number of changed lines. */
async function upgrade(snapshot: ClusterSnapshot): Promise<void> {
  const result = planUpgrade(snapshot, { target, via: [] });
  if (result.kind !== "plan") {
    check(`an upgrade of ${snapshot.ref.name} can be planned`, false);
    return;
  }
  say(planText(terminal, result.plan));
  const repository = await openRepository({ url: remote }, { clock: systemClock });
  const upgradeId = upgradeIdOf(snapshot, target);
  const writer = createGitWriter({
    repository,
    clock: systemClock,
    upgradeId,
    author: { name: "capi-gitops", email: "demo@example.com" },
    signOff: false,
    again: false,
  });
  try {
    const before = git("-C", remote, "rev-parse", "main").trim();
    for (const step of result.plan.steps) {
      const outcome = await writer.write(step);
      if (outcome.kind === "refused") {
        say(refusalText(terminal, outcome.refusal));
        check(`${step.object.name} can be written`, false);
        return;
      }
    }
    say(`\n$ git log -p --reverse ${before.slice(0, 8)}..main`);
    say(git("-C", remote, "log", "-p", "--reverse", "--format=%n%s%n%n%b", `${before}..main`).trimEnd());
    const commits = Number(git("-C", remote, "rev-list", "--count", `${before}..main`));
    check(`${result.plan.steps.length} step(s), ${commits} commit(s)`, commits === result.plan.steps.length);
    const [step] = result.plan.steps;
    const again = step === undefined ? undefined : await writer.write(step);
    check("the same step again makes no second commit", again?.kind === "already");
  } finally {
    await writer.dispose();
  }
}

try {
  cpSync("examples/repository", join(folder, "work"), { recursive: true });
  git("init", "-q", "-b", "main", join(folder, "work"));
  git("-C", join(folder, "work"), "add", "-A");
  git("-C", join(folder, "work"), "commit", "-q", "-m", "The fleet as it is");
  git("clone", "-q", "--bare", join(folder, "work"), remote);

  say("The clusters below are recorded from a real Cluster API v1.14; the repository is real, made for this demo in a temporary folder.");
  say("No cluster is touched, and nothing rolls: that part is shown by `npm run test:e2e` on real components.");

  heading("1. A cluster with a topology: one scalar of one file");
  const settled = recorded("topology-settled");
  say(describeTree(terminal, settled, false));
  say();
  await upgrade(settled);

  heading("2. The same cluster from a Kustomize base: the overlay's patch wins, so the patch is edited");
  await upgrade(renamed(settled, "production", "shop"));
  check("the base is as it was", git("-C", remote, "show", "main:kustomize/base/cluster.yaml").includes("version: v1.33.0"));

  heading("3. No topology: control plane first, then the pools, each with a new machine template");
  await upgrade(recorded("plain-settled"));
  const controlPlane = git("-C", remote, "show", "main:clusters/plain/control-plane.yaml");
  check(
    "the old machine template is still there, for the machines that came from it",
    /name: plain-cp\n/.test(controlPlane) && /name: plain-cp-[0-9a-f]{8}\n/.test(controlPlane),
  );

  heading("4. The seed's story: somebody edited the control plane of a topology cluster by hand");
  const wedged = recorded("topology-wedged");
  const proof = proveUpgrade({ snapshot: wedged, version: "v1.34.0", holdSeconds: 60, now: systemClock.now() });
  say(proofText(terminal, proof));
  check(
    "it is called wedged, and the hand is named",
    proof.contradictions.some(({ reason, culprit }) => reason === "Wedged" && culprit?.manager === "kubectl-edit"),
  );
  const repairs = planRepairs(wedged);
  check("the repair is known", !("reason" in repairs) && repairs.length === 1 && repairs[0]?.to === "v1.34.0");
  const refused = planUpgrade(wedged, { target, via: [] });
  check(
    "until then an upgrade is refused",
    refused.kind === "refused" && refused.refusals.some(({ reason }) => reason === "TopologyWedged"),
  );

  heading(failures === 0 ? "All of this held" : `${failures} claim(s) did not hold`);
  say("Next: docs/first-upgrade.md, for a cluster of your own; `npm run stack` for a real Cluster API without containers.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
