import { describe, expect, it } from "vitest";
import type { Delivery } from "../upgrade/cluster-snapshot.ts";
import { deliveryInWords } from "./delivery.ts";
import { engineFor } from "./engines.ts";
import type { GitSource } from "./engine.ts";
import type { RawObject } from "./raw-object.ts";
import { memoryAccess } from "./testing/memory-access.ts";
import { application, COMMIT, condition, demo, gitRepository, kustomization, NEWER, secret, type Overrides } from "./testing/objects.ts";

const argo: Delivery = { engine: "argo-cd", application: "capi" };
const kustomize: Delivery = { engine: "flux", kind: "Kustomization", namespace: "flux-system", name: "clusters" };
const none: Delivery = { engine: "none" };
const now = Date.parse("2026-11-29T12:00:00Z");

interface Scene {
  readonly delivery: Delivery;
  readonly objects: readonly RawObject[];
}

const argoScene = (status: RawObject, more: Overrides = {}): Scene => ({ delivery: argo, objects: [application({ ...more, status })] });
const fluxScene = (status: RawObject, more: Overrides = {}, fetched = COMMIT, repository: Overrides = {}): Scene => ({
  delivery: kustomize,
  objects: [
    kustomization({ ...more, status }),
    gitRepository({
      ...repository,
      status: {
        artifact: { revision: `main@sha1:${fetched}` },
        conditions: [condition("Ready", "True", "Succeeded")],
        ...repository.status,
      },
    }),
  ],
});
const applied = (commit: string): RawObject => ({
  lastAppliedRevision: `main@sha1:${commit}`,
  lastAttemptedRevision: `main@sha1:${commit}`,
  conditions: [condition("Ready", "True", "ReconciliationSucceeded")],
});
const refusedWords = 'version cannot be decreased from "1.35.0" to "1.34.0"';

async function sourceOf({ delivery, objects }: Scene): Promise<GitSource> {
  const found = await engineFor(delivery, memoryAccess(objects)).findSource(demo);
  if (found.kind !== "found") throw new Error(JSON.stringify(found));
  return found.sources[0];
}

// What both engines must say alike: whoever asks does not want to know which one it is.
describe.each([
  [
    "Argo CD",
    {
      synced: argoScene({ sync: { status: "Synced", revision: COMMIT } }),
      newerKnown: argoScene({ sync: { status: "OutOfSync", revision: NEWER }, history: [{ id: 1, revision: COMMIT }] }),
      refused: argoScene({
        sync: { status: "OutOfSync", revision: COMMIT },
        operationState: { phase: "Running", message: refusedWords, retryCount: 1, syncResult: { revision: COMMIT } },
      }),
      stopped: argoScene(
        { sync: { status: "Synced", revision: COMMIT } },
        { metadata: { annotations: { "argocd.argoproj.io/skip-reconcile": "true" } } },
      ),
      cannotFetch: argoScene({ sync: { status: "Unknown" }, conditions: [condition("ComparisonError", "", "", "repository not found")] }),
      unseen: argoScene({}),
      refreshed: [["Application", "argocd.argoproj.io/refresh"]],
    },
  ],
  [
    "Flux",
    {
      synced: fluxScene(applied(COMMIT)),
      newerKnown: fluxScene(applied(COMMIT), {}, NEWER),
      refused: fluxScene({
        lastAttemptedRevision: `main@sha1:${COMMIT}`,
        conditions: [condition("Ready", "False", "ReconciliationFailed", refusedWords)],
      }),
      stopped: fluxScene(applied(COMMIT), { spec: { suspend: true } }),
      cannotFetch: fluxScene(applied(COMMIT), {}, COMMIT, {
        status: { conditions: [condition("FetchFailed", "True", "GitOperationFailed", "repository not found")] },
      }),
      unseen: fluxScene({}),
      refreshed: [
        ["GitRepository", "reconcile.fluxcd.io/requestedAt"],
        ["Kustomization", "reconcile.fluxcd.io/requestedAt"],
      ],
    },
  ],
])("%s", (_, scenes) => {
  const sync = async (scene: Scene) =>
    engineFor(scene.delivery, memoryAccess(scene.objects)).syncState(await sourceOf(scene), { now, commit: COMMIT });

  it("repository, branch and folder", async () => {
    expect(await sourceOf(scenes.synced)).toMatchObject({ repoURL: "https://git.example.com/fleet.git", branch: "main", path: "clusters" });
  });

  it.each([
    ["synced", scenes.synced, { state: "synced", appliedRevision: COMMIT, carriesCommit: true, remedy: undefined }],
    ["newer known", scenes.newerKnown, { state: "out-of-sync", appliedRevision: COMMIT, carriesCommit: true }],
    [
      "refused",
      scenes.refused,
      {
        state: "failed",
        attemptedRevision: COMMIT,
        message: expect.stringContaining(refusedWords),
        remedy: expect.stringContaining("1.35.0 or newer"),
      },
    ],
    ["stopped", scenes.stopped, { state: "suspended" }],
    ["cannot fetch", scenes.cannotFetch, { state: "failed", message: expect.stringContaining("repository not found") }],
    ["not looked at yet", scenes.unseen, { state: "unknown", appliedRevision: undefined, carriesCommit: undefined }],
  ])("%s", async (_name, scene, expected) => {
    expect(await sync(scene)).toMatchObject(expected);
  });

  it("reads anew each time, and no Secret", async () => {
    const access = memoryAccess(scenes.synced.objects);
    const engine = engineFor(scenes.synced.delivery, access);
    const source = await sourceOf(scenes.synced);
    await engine.syncState(source, { now });
    const first = access.requests.length;
    await engine.syncState(source, { now });
    expect(access.requests.length).toBe(2 * first);
    expect(access.requests.filter((request) => request.includes("Secret"))).toEqual([]);
  });

  it("a refresh sets one annotation on each, and nothing else", async () => {
    const access = memoryAccess(scenes.synced.objects);
    expect(await engineFor(scenes.synced.delivery, access).refresh(await sourceOf(scenes.synced))).toBeUndefined();
    expect(access.annotated.map(({ ref, annotations }) => [ref.kind, ...Object.keys(annotations)])).toEqual(scenes.refreshed);
  });

  it("a refresh that is not allowed is refused with the right that is needed", async () => {
    const access = memoryAccess(scenes.synced.objects, { Application: "forbidden", GitRepository: "forbidden" });
    expect(await engineFor(scenes.synced.delivery, access).refresh(await sourceOf(scenes.synced))).toMatchObject({
      reason: "EngineNotReadable",
      remedy: expect.stringContaining("right to patch it"),
    });
  });

  it("no credentials where the engine has none", async () => {
    const access = memoryAccess(scenes.synced.objects);
    expect(await engineFor(scenes.synced.delivery, access).credentials(await sourceOf(scenes.synced))).toEqual({ kind: "none" });
  });
});

describe("nobody", () => {
  it("is changed directly", async () => {
    const engine = engineFor(none, memoryAccess([]));
    expect(await engine.findSource(demo)).toEqual({ kind: "direct" });
    expect(deliveryInWords(none)).toBe("no GitOps engine");
  });
});

describe("Argo CD's credentials", () => {
  const typed = (type: string) => ({ "argocd.argoproj.io/secret-type": type });
  const repository = (name: string, data: Readonly<Record<string, string>>) =>
    secret(name, "argocd", { url: "https://git.example.com/fleet", ...data }, typed("repository"));
  const prefix = (name: string, data: Readonly<Record<string, string>>) => secret(name, "argocd", data, typed("repo-creds"));
  const hosts: RawObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-ssh-known-hosts-cm", namespace: "argocd" },
    data: { ssh_known_hosts: "host key" },
  };
  const ssh: Overrides = { spec: { source: { repoURL: "git@git.example.com:org/fleet.git", path: "clusters" } } };

  it.each<[string, Overrides, readonly RawObject[], unknown]>([
    [
      "a password",
      {},
      [repository("one", { username: "bot", password: "pw" })],
      { kind: "found", credentials: { kind: "token", username: "bot", token: "pw" }, from: "Secret argocd/one of Argo CD" },
    ],
    ["a token", {}, [repository("one", { password: "pw" })], { credentials: { kind: "token", token: "pw" } }],
    [
      "of the project before of none",
      {},
      [repository("any", { password: "any" }), repository("own", { password: "own", project: "default" })],
      { credentials: { token: "own" } },
    ],
    ["of another project: not ours", {}, [repository("other", { password: "pw", project: "other" })], { kind: "none" }],
    ["of another repository", {}, [repository("other", { url: "https://git.example.com/fleet2", password: "pw" })], { kind: "none" }],
    ["of Helm", {}, [repository("helm", { type: "helm", password: "pw" })], { kind: "none" }],
    [
      "by prefix, the longest",
      {},
      [
        prefix("short", { url: "https://git.example.com", password: "short" }),
        prefix("long", { url: "https://git.example.com/fl", password: "long" }),
      ],
      { credentials: { token: "long" } },
    ],
    [
      "the repository's before a prefix's",
      {},
      [prefix("p", { url: "https://git.example.com", password: "p" }), repository("r", { password: "r" })],
      { credentials: { token: "r" } },
    ],
    [
      "a repository without credentials inherits",
      {},
      [repository("bare", {}), prefix("p", { url: "https://git.example.com", password: "p" })],
      { credentials: { token: "p" } },
    ],
    [
      "an ssh key",
      ssh,
      [prefix("key", { url: "git@git.example.com:org", sshPrivateKey: "KEY" }), hosts],
      { credentials: { kind: "ssh-key", privateKey: "KEY", knownHosts: "host key" } },
    ],
    [
      "an ssh key without known hosts",
      ssh,
      [prefix("key", { url: "git@git.example.com:org", sshPrivateKey: "KEY" })],
      { refusal: { reason: "EngineObjectMissing" } },
    ],
    [
      "a GitHub App",
      {},
      [repository("app", { githubAppPrivateKey: "KEY" })],
      {
        refusal: {
          reason: "EngineCredentialsUnusable",
          message: "Secret argocd/app of Argo CD holds a GitHub App, which this tool cannot push with.",
        },
      },
    ],
    ["a bearer token", {}, [repository("b", { bearerToken: "t" })], { refusal: { message: expect.stringContaining("a bearer token") } }],
    [
      "Azure",
      {},
      [repository("b", { useAzureWorkloadIdentity: "true" })],
      { refusal: { message: expect.stringContaining("an Azure workload identity") } },
    ],
  ])("%s", async (_, given, secrets, expected) => {
    const objects = [application(given), ...secrets];
    const found = await engineFor(argo, memoryAccess(objects)).credentials(await sourceOf({ delivery: argo, objects }));
    expect(found).toMatchObject(expected as Record<string, unknown>);
    expect(JSON.stringify(found.kind === "refused" ? found : {})).not.toContain("KEY");
  });

  it("are looked for where Argo CD is, not where the Application is", async () => {
    const object = application({ metadata: { namespace: "team-a" }, status: { controllerNamespace: "argocd" } });
    const engine = engineFor(
      { engine: "argo-cd", application: "team-a_capi" },
      memoryAccess([object, repository("one", { password: "pw" })]),
    );
    const found = await engine.findSource(demo);
    expect(found.kind === "found" && (await engine.credentials(found.sources[0]))).toMatchObject({ kind: "found" });
  });

  it("Secrets that may not be listed: the right is named", async () => {
    const access = memoryAccess([application()], { Secret: "forbidden" });
    expect(await engineFor(argo, access).credentials(await sourceOf({ delivery: argo, objects: [application()] }))).toMatchObject({
      refusal: { reason: "EngineNotReadable", remedy: expect.stringContaining("right to list it") },
    });
  });
});

describe("Flux's credentials", () => {
  const objects = (data: Readonly<Record<string, string>>): readonly RawObject[] => [
    kustomization(),
    gitRepository({ spec: { secretRef: { name: "key" } } }),
    secret("key", "flux-system", data),
  ];
  it.each<[string, readonly RawObject[], unknown]>([
    [
      "a password",
      objects({ username: "bot", password: "pw" }),
      { credentials: { kind: "token", username: "bot", token: "pw" }, from: "Secret flux-system/key of Flux" },
    ],
    [
      "an ssh key",
      objects({ identity: "KEY", known_hosts: "host key" }),
      { credentials: { kind: "ssh-key", privateKey: "KEY", knownHosts: "host key" } },
    ],
    [
      "an ssh key with a passphrase",
      objects({ identity: "KEY", password: "pw" }),
      { refusal: { message: expect.stringContaining("an ssh key with a passphrase") } },
    ],
    ["a bearer token", objects({ bearerToken: "t" }), { refusal: { message: expect.stringContaining("a bearer token") } }],
    [
      "a GitHub App",
      objects({ githubAppID: "1", githubAppPrivateKey: "KEY" }),
      { refusal: { message: expect.stringContaining("a GitHub App") } },
    ],
    ["a Secret that is gone", objects({}).slice(0, 2), { refusal: { reason: "EngineObjectMissing" } }],
    [
      "a provider",
      [kustomization(), gitRepository({ spec: { provider: "azure" } })],
      { refusal: { message: expect.stringContaining("the provider azure") } },
    ],
  ])("%s", async (_, given, expected) => {
    const access = memoryAccess(given);
    const found = await engineFor(kustomize, access).credentials(await sourceOf({ delivery: kustomize, objects: given }));
    expect(found).toMatchObject(expected as Record<string, unknown>);
    // By its name, and nothing else.
    expect(access.requests.filter((request) => request.startsWith("list"))).toEqual([]);
  });
});
