import { describe, expect, it } from "vitest";
import { flux } from "../flux.ts";
import type { FoundSource, GitSource, SyncQuestion } from "../engine.ts";
import type { RawObject } from "../raw-object.ts";
import { memoryAccess } from "../testing/memory-access.ts";
import { COMMIT, condition, demo, gitRepository, helmRelease, kustomization, NEWER, OLDER, type Overrides } from "../testing/objects.ts";
import { fluxSync } from "./sync.ts";

const question: SyncQuestion = { now: Date.parse("2026-11-29T12:00:00Z") };
const revision = (commit: string): string => `main@sha1:${commit}`;
const artifact = (commit: string): Overrides => ({
  status: { artifact: { revision: revision(commit) }, conditions: [condition("Ready", "True", "Succeeded")] },
});
const ready = (status: string, reason: string, message = ""): RawObject => ({ conditions: [condition("Ready", status, reason, message)] });

function firstOf(found: FoundSource): GitSource {
  if (found.kind !== "found") throw new Error(JSON.stringify(found));
  return found.sources[0];
}

async function sync(applier: Overrides, repository: Overrides = artifact(COMMIT), asked = question) {
  const objects = [kustomization(applier), gitRepository(repository)];
  const access = memoryAccess(objects);
  const found = await flux({ engine: "flux", kind: "Kustomization", namespace: "flux-system", name: "clusters" }, access).findSource(demo);
  return fluxSync(firstOf(found), access, asked);
}

const denied =
  'Cluster/clusters/demo dry-run failed (Forbidden): admission webhook "validation.cluster.cluster.x-k8s.io" denied the request: Cluster.cluster.x-k8s.io "demo" is invalid: ' +
  'spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.0" to "1.34.0"';
const applied = { lastAppliedRevision: revision(COMMIT), lastAttemptedRevision: revision(COMMIT) };
const tried = { lastAppliedRevision: revision(OLDER), lastAttemptedRevision: revision(COMMIT) };

describe("a Kustomization", () => {
  it("puts direct changes back, and does not tell which", async () => {
    expect(await sync({ status: { ...applied, ...ready("True", "ReconciliationSucceeded") } })).toMatchObject({
      heals: true,
      healed: undefined,
    });
  });

  it.each<[string, Overrides, Overrides | undefined, string, string, string | undefined]>([
    ["never looked at", {}, undefined, "unknown", "Flux has not looked at Flux Kustomization flux-system/clusters yet.", undefined],
    [
      "synced",
      { status: { ...applied, ...ready("True", "ReconciliationSucceeded") } },
      undefined,
      "synced",
      "has applied 111111111111.",
      COMMIT,
    ],
    [
      "newer fetched",
      { status: { ...applied, ...ready("True", "ReconciliationSucceeded") } },
      artifact(NEWER),
      "out-of-sync",
      "222222222222 is fetched and not begun yet",
      COMMIT,
    ],
    ["applying", { status: { ...tried, ...ready("Unknown", "Progressing") } }, undefined, "syncing", "is applying 111111111111.", OLDER],
    [
      "applying again",
      {
        status: {
          ...tried,
          history: [{ lastReconciledStatus: "ReconciliationFailed", metadata: { revision: revision(COMMIT) } }],
          ...ready("Unknown", "Progressing"),
        },
      },
      undefined,
      "syncing",
      "is applying 111111111111 again, after it was refused.",
      OLDER,
    ],
    [
      "applied, health checks run",
      {
        status: {
          ...tried,
          conditions: [
            condition("Ready", "Unknown", "Progressing"),
            condition("Reconciling", "True", "Progressing", "Running health checks for revision x"),
          ],
        },
      },
      undefined,
      "syncing",
      "has applied 111111111111 and runs its health checks.",
      COMMIT,
    ],
    [
      "refused",
      { status: { ...tried, ...ready("False", "ReconciliationFailed", denied) } },
      undefined,
      "failed",
      "no control plane can go back",
      OLDER,
    ],
    [
      "cannot build",
      { status: { ...tried, ...ready("False", "BuildFailed", "accumulating resources") } },
      undefined,
      "failed",
      "cannot build 111111111111: accumulating resources.",
      OLDER,
    ],
    [
      "no such folder",
      { status: { ...tried, ...ready("False", "ArtifactFailed", "kustomization path not found") } },
      undefined,
      "failed",
      "has no content to apply: kustomization path not found.",
      OLDER,
    ],
    [
      "cannot prune",
      { status: { ...tried, ...ready("False", "PruneFailed", "no") } },
      undefined,
      "failed",
      "has applied 111111111111 and cannot delete",
      COMMIT,
    ],
    [
      "health checks failed",
      { status: { ...tried, ...ready("False", "HealthCheckFailed", "timeout waiting for: [Cluster/demo]") } },
      undefined,
      "syncing",
      "which says nothing about the upgrade",
      COMMIT,
    ],
    [
      "waits for another",
      { status: { ...tried, ...ready("False", "DependencyNotReady", "dependency 'flux-system/infra' is not ready") } },
      undefined,
      "out-of-sync",
      "waits for what it depends on: dependency 'flux-system/infra' is not ready.",
      OLDER,
    ],
    [
      "suspended",
      { spec: { suspend: true }, status: { ...applied, ...ready("True", "ReconciliationSucceeded") } },
      undefined,
      "suspended",
      "is suspended: it applies nothing",
      COMMIT,
    ],
    [
      "a suspended repository",
      { status: { ...applied, ...ready("True", "ReconciliationSucceeded") } },
      { ...artifact(COMMIT), spec: { suspend: true } },
      "suspended",
      "GitRepository flux-system/fleet is suspended: nothing new is fetched.",
      COMMIT,
    ],
    [
      "cannot fetch",
      { status: { ...applied, ...ready("True", "ReconciliationSucceeded") } },
      {
        status: {
          conditions: [
            condition("Ready", "False", "GitOperationFailed", "x"),
            condition("FetchFailed", "True", "GitOperationFailed", "failed to checkout 'https://me:secret@git/x'"),
          ],
        },
      },
      "failed",
      "GitRepository flux-system/fleet cannot be fetched (GitOperationFailed): failed to checkout 'https://***@git/x'.",
      COMMIT,
    ],
    [
      "changed since",
      { metadata: { generation: 2 }, status: { ...applied, ...ready("True", "ReconciliationSucceeded") } },
      undefined,
      "syncing",
      "was changed, and Flux is not through",
      COMMIT,
    ],
    [
      "stalled",
      {
        status: {
          ...tried,
          conditions: [
            condition("Ready", "False", "AccessDenied", "no"),
            condition("Stalled", "True", "AccessDenied", "can't access 'other/fleet'"),
          ],
        },
      },
      undefined,
      "failed",
      "is stalled and does not try again (AccessDenied): can't access 'other/fleet'.",
      OLDER,
    ],
  ])("%s", async (_, applier, repository, state, message, appliedRevision) => {
    const told = await sync(applier, repository);
    expect(told.state, told.message).toBe(state);
    expect(told.message).toContain(message);
    expect(told.appliedRevision).toBe(appliedRevision);
  });

  it("carries a commit that Git says is in the applied one", async () => {
    const status = {
      lastAppliedRevision: revision(NEWER),
      lastAttemptedRevision: revision(NEWER),
      ...ready("True", "ReconciliationSucceeded"),
    };
    const asked = {
      ...question,
      commit: COMMIT,
      contains: (applied_: string, commit: string) => Promise.resolve(applied_ === NEWER && commit === COMMIT),
    };
    expect((await sync({ status }, artifact(NEWER), asked)).carriesCommit).toBe(true);
  });

  it("what cannot be read is unknown, with the reason", async () => {
    const access = memoryAccess([kustomization(), gitRepository()]);
    const found = await flux({ engine: "flux", kind: "Kustomization", namespace: "flux-system", name: "clusters" }, access).findSource(
      demo,
    );
    const source = firstOf(found);
    const forbidden = memoryAccess([kustomization(), gitRepository()], { GitRepository: "forbidden" });
    expect(await fluxSync(source, forbidden, question)).toMatchObject({
      state: "unknown",
      remedy: "Give the right to get it: docs/gitops.md lists what is needed.",
    });
  });
});

describe("a HelmRelease", () => {
  it.each<[string, RawObject, string, string, string | undefined]>([
    [
      "deployed",
      { lastAttemptedRevision: `0.1.0+${COMMIT.slice(0, 12)}.1`, ...ready("True", "UpgradeSucceeded", "Helm upgrade succeeded") },
      "synced",
      "Helm upgrade succeeded",
      COMMIT,
    ],
    [
      "a version without commit",
      { lastAttemptedRevision: "0.1.0", ...ready("True", "UpgradeSucceeded", "Helm upgrade succeeded") },
      "synced",
      "Helm upgrade succeeded",
      undefined,
    ],
    ["refused", ready("False", "UpgradeFailed", denied), "failed", "no control plane can go back", undefined],
    ["under way", ready("Unknown", "Progressing", "Running 'upgrade' action"), "syncing", "Running 'upgrade' action", undefined],
  ])("%s", async (_, status, state, message, appliedRevision) => {
    const access = memoryAccess([helmRelease({ status }), gitRepository(artifact(COMMIT))]);
    const found = await flux({ engine: "flux", kind: "HelmRelease", namespace: "clusters", name: "demo" }, access).findSource(demo);
    const source = firstOf(found);
    const told = await fluxSync(source, access, question);
    expect(told).toMatchObject({ state, appliedRevision });
    expect(told.message).toContain(message);
  });
});
