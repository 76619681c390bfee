import { describe, expect, it } from "vitest";
import type { GitSource, SyncQuestion } from "../engine.ts";
import type { RawObject } from "../raw-object.ts";
import { memoryAccess } from "../testing/memory-access.ts";
import { application, COMMIT, condition, demo, NEWER, OLDER } from "../testing/objects.ts";
import { readApplication } from "./application.ts";
import { applicationSources } from "./source.ts";
import { applicationSync } from "./sync.ts";

const now = Date.parse("2026-11-29T12:00:00Z");
const question: SyncQuestion = { now };

function sourceOf(object: RawObject, index = 0): GitSource {
  const found = applicationSources(readApplication(object), [], demo);
  const source = found.kind === "found" ? found.sources[index] : undefined;
  if (source === undefined) throw new Error("no source");
  return source;
}

const sync = (object: RawObject, asked: SyncQuestion = question, ...others: readonly RawObject[]) =>
  applicationSync(sourceOf(object), memoryAccess([object, ...others]), asked);

const operation = (phase: string, revision: string, more: RawObject = {}): RawObject => ({
  phase,
  startedAt: "2026-11-29T11:00:00Z",
  finishedAt: phase === "Running" ? undefined : "2026-11-29T11:00:05Z",
  syncResult: { revision },
  ...more,
});
const history = [
  { id: 0, revision: NEWER },
  { id: 2, revision: OLDER },
  { id: 1, revision: NEWER },
];
const cluster = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "clusters", name: "demo" };
const denied =
  'one or more objects failed to apply, reason: error when patching "/dev/shm/3160318216": admission webhook "validation.cluster.cluster.x-k8s.io" denied the request: ' +
  'Cluster.cluster.x-k8s.io "demo" is invalid: spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.0" to "1.34.0". Retrying attempt #2 at 12:01PM.';
const heals = { syncPolicy: { automated: { selfHeal: true } } };
const healing = (phase: string): RawObject =>
  operation(phase, COMMIT, { operation: { sync: { autoHealAttemptsCount: 1, resources: [{ kind: "Cluster", name: "demo" }] } } });
const manual = { syncPolicy: {} };

describe("applicationSync", () => {
  it.each<[string, Parameters<typeof application>[0], string, string]>([
    ["never looked at", {}, "unknown", "Argo CD has not looked at Argo CD application argocd/capi yet (sync status absent)."],
    ["cannot say", { status: { sync: { status: "Unknown" } } }, "unknown", "(sync status Unknown)"],
    ["synced", { status: { sync: { status: "Synced", revision: COMMIT } } }, "synced", "has applied 111111111111."],
    [
      "synced, auto-sync off",
      { spec: manual, status: { sync: { status: "Synced", revision: COMMIT } } },
      "synced",
      "Auto-sync is off: a newer commit waits for a person.",
    ],
    [
      "newer known",
      { status: { sync: { status: "OutOfSync", revision: NEWER }, operationState: operation("Succeeded", COMMIT) } },
      "out-of-sync",
      "knows 222222222222 and has not begun to apply it.",
    ],
    [
      "running",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          operationState: operation("Running", COMMIT, { message: "waiting for healthy state" }),
        },
      },
      "syncing",
      "is applying 111111111111: waiting for healthy state.",
    ],
    [
      "being stopped",
      { status: { sync: { status: "OutOfSync", revision: COMMIT }, operationState: operation("Terminating", COMMIT) } },
      "syncing",
      "is applying 111111111111.",
    ],
    [
      "refused, trying again",
      { status: { sync: { status: "OutOfSync", revision: COMMIT }, operationState: operation("Running", COMMIT, { message: denied }) } },
      "failed",
      "Git was put back to 1.34.0",
    ],
    [
      "trying again",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          operationState: operation("Running", COMMIT, { retryCount: 2, message: "odd" }),
        },
      },
      "failed",
      "could not apply 111111111111 and tries again: odd.",
    ],
    [
      "refused for good",
      { status: { sync: { status: "OutOfSync", revision: COMMIT }, operationState: operation("Failed", COMMIT, { message: denied }) } },
      "failed",
      "version cannot be decreased",
    ],
    [
      "broke",
      { status: { sync: { status: "OutOfSync", revision: COMMIT }, operationState: operation("Error", COMMIT, { message: "boom" }) } },
      "failed",
      "could not apply 111111111111: boom.",
    ],
    [
      "refused before, newer known",
      { status: { sync: { status: "OutOfSync", revision: NEWER }, operationState: operation("Failed", COMMIT, { message: denied }) } },
      "out-of-sync",
      "knows 222222222222",
    ],
    [
      "refuses to begin",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          conditions: [condition("SyncError", "", "", "Skipping sync attempt to [x]: auto-sync will wipe out all resources")],
        },
      },
      "failed",
      "auto-sync will wipe out all resources",
    ],
    [
      "cannot fetch",
      {
        status: {
          sync: { status: "Unknown" },
          conditions: [
            condition(
              "ComparisonError",
              "",
              "",
              "Failed to load target state: failed to list refs of https://me:secret@git/x: authentication required",
            ),
          ],
        },
      },
      "failed",
      "https://***@git/x: authentication required",
    ],
    [
      "invalid",
      { status: { sync: { status: "Unknown" }, conditions: [condition("InvalidSpecError", "", "", "project x does not exist")] } },
      "failed",
      "cannot compare Git with the cluster: project x does not exist.",
    ],
    [
      "a warning only",
      {
        status: { sync: { status: "Synced", revision: COMMIT }, conditions: [condition("OrphanedResourceWarning", "", "", "1 orphaned")] },
      },
      "synced",
      "has applied",
    ],
    [
      "manual",
      { spec: manual, status: { sync: { status: "OutOfSync", revision: NEWER }, operationState: operation("Succeeded", COMMIT) } },
      "manual",
      "knows 222222222222 and does not apply it: auto-sync is off.",
    ],
    [
      "manual, and refused",
      {
        spec: manual,
        status: { sync: { status: "OutOfSync", revision: COMMIT }, operationState: operation("Failed", COMMIT, { message: "no" }) },
      },
      "failed",
      "could not apply",
    ],
    [
      "skipped",
      {
        metadata: { annotations: { "argocd.argoproj.io/skip-reconcile": "true" } },
        status: { sync: { status: "Synced", revision: COMMIT } },
      },
      "suspended",
      "skip-reconcile",
    ],
    [
      "being deleted",
      { metadata: { deletionTimestamp: "2026-11-29T11:59:00Z" }, status: { sync: { status: "Synced", revision: COMMIT } } },
      "suspended",
      "is being deleted",
    ],
    [
      "blocked while running",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          operationState: operation("Running", COMMIT, { message: "Sync operation blocked by sync window" }),
        },
      },
      "blocked-by-window",
      "a sync window of its project holds it back",
    ],
    [
      "changed directly",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          history: [{ id: 0, revision: COMMIT }],
          operationState: operation("Succeeded", COMMIT),
          resources: [{ ...cluster, status: "OutOfSync" }],
        },
      },
      "out-of-sync",
      "has applied 111111111111, and since then Cluster clusters/demo differs from Git: it was changed directly. selfHeal is off, so it stays.",
    ],
    [
      "changed directly, and put back",
      {
        spec: { syncPolicy: { automated: { selfHeal: true } } },
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          history: [{ id: 0, revision: COMMIT }],
          operationState: operation("Succeeded", COMMIT),
          resources: [{ ...cluster, status: "OutOfSync" }],
        },
      },
      "out-of-sync",
      "selfHeal puts that back.",
    ],
    [
      "put back",
      {
        status: {
          sync: { status: "Synced", revision: COMMIT },
          operationState: operation("Succeeded", COMMIT, {
            operation: { sync: { autoHealAttemptsCount: 1, resources: [{ kind: "Cluster", name: "demo" }] } },
          }),
        },
      },
      "synced",
      "selfHeal put a direct change of Cluster demo back at 2026-11-29T11:00:05.000Z.",
    ],
    [
      "only something to prune",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          operationState: operation("Succeeded", COMMIT),
          resources: [{ ...cluster, status: "OutOfSync", requiresPruning: true }],
        },
      },
      "synced",
      "what is not in Git any more stays, because it does not prune: Cluster clusters/demo.",
    ],
    [
      "objects refused",
      {
        status: {
          sync: { status: "OutOfSync", revision: COMMIT },
          operationState: operation("Running", COMMIT, {
            message: "one or more objects failed to apply",
            syncResult: {
              revision: COMMIT,
              resources: [
                { ...cluster, status: "SyncFailed", message: "no" },
                { ...cluster, name: "x", status: "Synced" },
              ],
            },
          }),
        },
      },
      "failed",
      "and tries again: Cluster clusters/demo: no.",
    ],
  ])("%s", async (_, given, state, message) => {
    const told = await sync(application(given));
    expect(told.state, told.message).toBe(state);
    expect(told.message).toContain(message);
    expect(told.remedy === undefined || told.remedy.length > 10).toBe(true);
  });

  it("the webhook's words, what they mean and what to do", async () => {
    const told = await sync(
      application({
        status: { sync: { status: "OutOfSync", revision: COMMIT }, operationState: operation("Running", COMMIT, { message: denied }) },
      }),
    );
    expect(told).toEqual({
      engine: "Argo CD application argocd/capi",
      state: "failed",
      heals: false,
      healed: undefined,
      appliedRevision: undefined,
      attemptedRevision: COMMIT,
      carriesCommit: undefined,
      message:
        'Argo CD application argocd/capi could not apply 111111111111 and tries again: one or more objects failed to apply, reason: admission webhook "validation.cluster.cluster.x-k8s.io" denied the request: ' +
        'Cluster.cluster.x-k8s.io "demo" is invalid: spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.0" to "1.34.0". Retrying attempt #2 at 12:01PM. ' +
        "Git was put back to 1.34.0, but the cluster is at 1.35.0 or on its way to it, and no control plane can go back.",
      remedy: "Put 1.35.0 or newer into Git again (revert the revert); then the rollout goes on.",
      since: Date.parse("2026-11-29T11:00:00Z"),
    });
  });

  it.each([
    ["waits", {}, "222222222222, which is newer, waits until the attempts at 111111111111 are used up.", "argocd app terminate-op capi"],
    ["is taken by the next attempt", { retry: { refresh: true } }, "no control plane can go back.", "revert the revert"],
  ])("what is pushed while a refused revision is tried again %s", async (_, operationSpec, message, remedy) => {
    const operationState = operation("Running", COMMIT, { message: denied, operation: { sync: { revision: COMMIT }, ...operationSpec } });
    const told = await sync(application({ status: { sync: { status: "OutOfSync", revision: NEWER }, operationState } }));
    expect(told.state).toBe("failed");
    expect(told.message.endsWith(message), told.message).toBe(true);
    expect(told.remedy).toContain(remedy);
  });

  it.each<[string, Parameters<typeof application>[0], boolean, string | undefined]>([
    ["nothing", {}, false, undefined],
    [
      "selfHeal, which has not healed anything",
      { spec: heals, status: { operationState: operation("Succeeded", COMMIT) } },
      true,
      undefined,
    ],
    [
      "selfHeal that has healed",
      { spec: heals, status: { operationState: healing("Succeeded") } },
      true,
      "selfHeal put a direct change of Cluster demo back at 2026-11-29T11:00:05.000Z.",
    ],
    ["selfHeal that is at it", { spec: heals, status: { operationState: healing("Running") } }, true, undefined],
    ["selfHeal that was refused", { spec: heals, status: { operationState: healing("Failed") } }, true, undefined],
    ["selfHeal without auto-sync", { spec: { syncPolicy: { automated: { enabled: false, selfHeal: true } } } }, false, undefined],
  ])("whether direct changes are put back: %s", async (_, given, expected, healed) => {
    expect(await sync(application(given))).toMatchObject({ heals: expected, healed });
  });

  it("health is not looked at", async () => {
    const status = { sync: { status: "Synced", revision: COMMIT } };
    const healthy = await sync(application({ status: { ...status, health: { status: "Healthy" } } }));
    expect(await sync(application({ status: { ...status, health: { status: "Degraded" } } }))).toEqual(healthy);
  });
});

describe("windows", () => {
  const newer = application({ status: { sync: { status: "OutOfSync", revision: NEWER } } });
  const project = (kind: string): RawObject => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: { name: "default", namespace: "argocd" },
    spec: { syncWindows: [{ kind, schedule: "0 22 * * *", duration: "1h", applications: ["*"] }] },
  });

  it("one that is closed is told, with its time", async () => {
    const told = await sync(newer, question, project("allow"));
    expect(told.state).toBe("blocked-by-window");
    expect(told.message).toBe(
      'Argo CD application argocd/capi applies nothing until 2026-11-29T22:00:00.000Z: the allow window "0 22 * * *" for 1h (UTC) of AppProject argocd/default is closed.',
    );
  });

  it("one that is open is not", async () => {
    expect((await sync(newer, question, project("deny"))).state).toBe("out-of-sync");
  });

  it("a project that cannot be read holds nothing back", async () => {
    expect((await applicationSync(sourceOf(newer), memoryAccess([newer], { AppProject: "forbidden" }), question)).state).toBe(
      "out-of-sync",
    );
  });
});

describe("revisions", () => {
  it.each<[string, RawObject, string | undefined, string | undefined]>([
    ["synced: what it was compared to", { sync: { status: "Synced", revision: COMMIT }, history }, COMMIT, undefined],
    [
      "else the last that was deployed",
      { sync: { status: "OutOfSync", revision: NEWER }, history, operationState: operation("Running", COMMIT) },
      OLDER,
      COMMIT,
    ],
    [
      "an operation without a result yet",
      { sync: { status: "OutOfSync", revision: NEWER }, operationState: { phase: "Running", operation: { sync: { revision: COMMIT } } } },
      undefined,
      COMMIT,
    ],
  ])("%s", async (_, status, applied, attempted) => {
    expect(await sync(application({ status }))).toMatchObject({ appliedRevision: applied, attemptedRevision: attempted });
  });

  it("of several sources, that of each", async () => {
    const object = application({
      spec: {
        source: undefined,
        sources: [
          { repoURL: "https://a/a", path: "a" },
          { repoURL: "https://b/b", path: "b" },
        ],
      },
      status: {
        sync: { status: "Synced", revisions: [OLDER, COMMIT] },
        operationState: { phase: "Succeeded", syncResult: { revisions: [OLDER, NEWER] } },
      },
    });
    const second = await applicationSync(sourceOf(object, 1), memoryAccess([object]), question);
    expect(second).toMatchObject({ appliedRevision: COMMIT, attemptedRevision: NEWER });
  });

  it("of a hydrator, the commit that people made", async () => {
    const object = application({
      spec: { source: undefined, sourceHydrator: { drySource: { repoURL: "https://a/a", path: "a" } } },
      status: {
        sync: { status: "Synced", revision: NEWER },
        sourceHydrator: { lastSuccessfulOperation: { drySHA: COMMIT, hydratedSHA: NEWER } },
      },
    });
    expect((await sync(object)).appliedRevision).toBe(COMMIT);
  });

  const applied = application({ status: { sync: { status: "Synced", revision: NEWER } } });
  it.each<[string, Partial<SyncQuestion>, boolean | undefined]>([
    ["nothing is waited for", {}, undefined],
    ["the same", { commit: NEWER }, true],
    ["another, and Git is not asked", { commit: COMMIT }, undefined],
    ["Git says it is in there", { commit: COMMIT, contains: () => Promise.resolve(true) }, true],
    ["Git says it is not", { commit: COMMIT, contains: () => Promise.resolve(false) }, false],
    ["Git cannot tell", { commit: COMMIT, contains: () => Promise.resolve(undefined) }, undefined],
  ])("carries the commit: %s", async (_, asked, expected) => {
    expect((await sync(applied, { now, ...asked })).carriesCommit).toBe(expected);
  });

  it("Git is asked about the applied revision, then ours", async () => {
    const asked: string[][] = [];
    await sync(applied, { now, commit: COMMIT, contains: (...given) => (asked.push(given), Promise.resolve(true)) });
    expect(asked).toEqual([[NEWER, COMMIT]]);
  });
});

it("an Application that is gone is unknown, with the reason", async () => {
  expect(await applicationSync(sourceOf(application()), memoryAccess([]), question)).toMatchObject({
    state: "unknown",
    message: "Application argocd/capi does not exist, although what it applied still carries its mark.",
  });
});
