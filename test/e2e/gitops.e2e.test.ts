import { afterAll, beforeAll, describe, inject, it, type ExpectStatic } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { managementReads } from "../../src/cluster-api/management-reads.ts";
import { httpRemote, type HttpRemote } from "../../src/git/testing/http-remote.ts";
import { readDelivery } from "../../src/gitops/delivery.ts";
import { engineAccess, type EngineAccess } from "../../src/gitops/engine-access.ts";
import type { GitOpsEngine, GitSource } from "../../src/gitops/engine.ts";
import { engineFor } from "../../src/gitops/engines.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { endpointFromKubeconfig } from "../../src/kubernetes/credentials.ts";
import { createDiscovery } from "../../src/kubernetes/discovery.ts";
import type { SyncState } from "../../src/upgrade/sync-state.ts";
import { readFileSync } from "node:fs";
import { project } from "../stack/engine-objects.ts";
import { applicationSet, argoApplication, fluxKustomization } from "./support/engine-objects.ts";
import { clusterClass, topologyCluster, yaml } from "./support/manifests.ts";
import { patience } from "./support/patience.ts";
import { startScenario, type Repository, type Scenario } from "./support/scenario.ts";

const CLUSTER = "demo";
const PATH = "clusters";
const FILE = `${PATH}/demo.yaml`;

let client: KubernetesClient;
let access: EngineAccess;

beforeAll(async () => {
  const kubeconfig = readFileSync(inject("stack").kubeconfig, "utf8");
  client = createClient(await endpointFromKubeconfig(kubeconfig, systemClock), { clock: systemClock });
  const discovery = createDiscovery(client);
  access = engineAccess(managementReads(client, discovery), client, discovery);
});
afterAll(() => client.close());

/** A small topology cluster in a repository that a real engine applies, and that engine as the product sees it. */
interface Scene {
  readonly scenario: Scenario;
  readonly repository: Repository;
  readonly remote: HttpRemote;
  readonly engine: GitOpsEngine;
  readonly source: GitSource;
  /** The manifest at a version. */
  readonly at: (version: string) => Readonly<Record<string, string>>;
  /** Commits, and asks the engine to look. */
  readonly push: (version: string) => Promise<string>;
  readonly sync: (commit?: string) => Promise<SyncState>;
  /** Asks again until the engine says so, about `commit` where one is given. */
  readonly syncBecomes: (state: SyncState["state"], commit?: string) => Promise<SyncState>;
}

type Declare = (options: { name: string; namespace: string; repoURL: string; path: string }) => string;

/** Of an Application: how it is called, and what it applies into which namespace. */
type DeclareOptions = Parameters<Declare>[0];

/** `alsoInGit`: files that stand in the repository before anything is declared. */
async function scene(
  title: string,
  declare: Declare,
  act: (scene: Scene) => Promise<void>,
  alsoInGit: (options: DeclareOptions) => Readonly<Record<string, string>> = () => ({}),
): Promise<void> {
  const scenario = await startScenario(inject("stack"), title);
  const at = (version: string): Readonly<Record<string, string>> => ({
    [FILE]: topologyCluster({ namespace: scenario.namespace, name: CLUSTER, version }),
  });
  const repository = await scenario.repository(at("v1.34.0"));
  const remote = await httpRemote(repository.path);
  const repoURL = remote.url.replace("remote.git", repository.path.split("/").at(-1) ?? "");
  try {
    await scenario.apply(clusterClass(scenario.namespace));
    const declared = { name: scenario.namespace, namespace: scenario.namespace, repoURL, path: PATH };
    const also = alsoInGit(declared);
    if (Object.keys(also).length > 0) await repository.commit("what declares the engine's objects", also);
    await scenario.apply(declare(declared));
    await scenario.kubectl("wait", "--for=create", `cluster/${CLUSTER}`, patience);
    const engine = await engineOf(scenario);
    const found = await engine.findSource(demo(scenario));
    if (found.kind !== "found") throw new Error(JSON.stringify(found));
    const source = found.sources[0];
    const contains = (revision: string, commit: string): Promise<boolean> =>
      repository.git("merge-base", "--is-ancestor", commit, revision).then(
        () => true,
        () => false,
      );
    const sync = (commit?: string): Promise<SyncState> => engine.syncState(source, { now: Date.now(), commit, contains });
    await act({
      scenario,
      repository,
      remote,
      engine,
      source,
      at,
      sync,
      async push(version) {
        const commit = await repository.commit(`to ${version}`, at(version));
        const refusal = await engine.refresh(source);
        if (refusal !== undefined) throw new Error(refusal.message);
        return commit;
      },
      syncBecomes: (state, commit) =>
        scenario.eventually(`the engine to say ${state}`, async () => {
          const told = await sync(commit);
          if (told.state === state && (commit === undefined || told.attemptedRevision === commit || told.carriesCommit === true))
            return told;
          throw new Error(JSON.stringify(told));
        }),
    });
  } finally {
    // First what generates or applies, the parent before the child: without it nothing puts the cluster back that the scenario takes away.
    for (const name of [rootOf(scenario.namespace), scenario.namespace])
      await scenario.kubectl("-n", "argocd", "delete", "applicationset,application,appproject", name, "--ignore-not-found", "--wait=false");
    await scenario.kubectl("delete", "kustomizations.kustomize.toolkit.fluxcd.io", "--all", "--wait=false");
    await scenario.end();
    await remote.close();
  }
}

/** The Application that applies the others. */
const rootOf = (namespace: string): string => `${namespace}-root`;

function demo({ namespace }: Scenario) {
  return { group: "cluster.x-k8s.io", kind: "Cluster", namespace, name: CLUSTER };
}

/** The engine that the live object's own marks name. */
async function engineOf(scenario: Scenario): Promise<GitOpsEngine> {
  const { metadata } = await scenario.get("cluster", CLUSTER);
  return engineFor(readDelivery(demo(scenario), { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} }), access);
}

const version = async (scenario: Scenario): Promise<string> => (await scenario.get("cluster", CLUSTER)).spec.topology.version;

function expectSaysWhy(expect: ExpectStatic, told: SyncState): void {
  expect(told.message).toContain('version cannot be decreased from "1.35.2" to "1.34.0"');
  expect(told.message).toContain("no control plane can go back");
  expect(told.remedy).toBe("Put 1.35.2 or newer into Git again (revert the revert); then the rollout goes on.");
}

const engines: readonly (readonly [string, string, Declare, "argo-cd" | "flux"])[] = [
  [
    "Argo CD",
    "argo",
    // Without `refresh` the way forward would wait until the attempts at the revert are used up: three minutes.
    (options) =>
      argoApplication(options, {
        syncPolicy: { automated: {}, retry: { limit: 5, refresh: true, backoff: { duration: "3s", factor: 1 } } },
      }),
    "argo-cd",
  ],
  ["Flux", "flux", (options) => fluxKustomization(options), "flux"],
];

describe.concurrent.each(engines)("%s", (_, title, declare, name) => {
  it("is found from the live object, follows a push, and refuses a revert in the middle with the webhook's words", ({ expect }) =>
    scene(`gitops-${title}`, declare, async ({ scenario, repository, source, push, sync, syncBecomes, at, engine }) => {
      expect(source).toMatchObject({ engine: name, branch: "main", path: PATH, behaviour: { automatic: true, prunes: false } });
      expect(source.repoURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/repository-1$/);
      await scenario.clusterReady(CLUSTER);

      const upgrade = await push("v1.35.2");
      const applied = await syncBecomes("synced", upgrade);
      expect(applied).toMatchObject({ appliedRevision: upgrade, carriesCommit: true });
      expect(await version(scenario)).toBe("v1.35.2");

      // While the machines still roll, Git is put back; the engine is told and is refused.
      const revert = await push("v1.34.0");
      const refused = await syncBecomes("failed", revert);
      expectSaysWhy(expect, refused);
      expect(refused.attemptedRevision).toBe(revert);
      expect(await version(scenario)).toBe("v1.35.2");

      // The way forward is a commit, and a later one than ours carries ours.
      const forward = await push("v1.35.2");
      expect(await syncBecomes("synced", forward)).toMatchObject({ carriesCommit: true });
      const later = await repository.commit("something else", { ...at("v1.35.2"), "README.md": "unrelated" });
      await engine.refresh(source);
      await scenario.eventually("the later commit", async () => ((await sync()).appliedRevision === later ? true : undefined));
      expect(await sync(forward)).toMatchObject({ state: "synced", carriesCommit: true });
    }));
});

describe.concurrent("Argo CD", () => {
  it("through an ApplicationSet that an Application applies is followed to all of them", ({ expect }) =>
    scene(
      "gitops-set",
      (options) => argoApplication({ ...options, name: rootOf(options.name), namespace: "argocd", path: "apps" }),
      async ({ scenario, source, push, syncBecomes }) => {
        const set = { group: "argoproj.io", kind: "ApplicationSet", namespace: "argocd", name: scenario.namespace };
        expect(source.name).toBe(`Argo CD application argocd/${scenario.namespace}`);
        expect(source.appliedThrough).toMatchObject([
          { name: `ApplicationSet argocd/${scenario.namespace} (list generator)`, reference: set, overwrites: true },
          { name: `Argo CD application argocd/${rootOf(scenario.namespace)}`, path: "apps", repoURL: source.repoURL, overwrites: false },
        ]);
        const commit = await push("v1.35.2");
        await syncBecomes("synced", commit);
        expect(await version(scenario)).toBe("v1.35.2");
      },
      (options) => ({ "apps/clusters.yaml": applicationSet(options) }),
    ));

  it("with auto-sync off waits for a person", ({ expect }) =>
    scene("gitops-manual", argoApplication, async ({ scenario, push, syncBecomes, engine }) => {
      const off = JSON.stringify({ spec: { syncPolicy: null } });
      await scenario.kubectl("-n", "argocd", "patch", "application", scenario.namespace, "--type=merge", "-p", off);
      const commit = await push("v1.35.2");
      const told = await syncBecomes("manual");
      expect(told.message).toContain(`knows ${commit.slice(0, 12)} and does not apply it: auto-sync is off.`);
      expect(await version(scenario)).toBe("v1.34.0");
      expect(await engine.findSource(demo(scenario))).toMatchObject({ sources: [{ behaviour: { automatic: false } }] });
    }));

  it("with a closed sync window tells it", ({ expect }) =>
    scene(
      "gitops-window",
      (options) => `${yaml(project(options.name))}---\n${argoApplication(options, { project: options.name })}`,
      async ({ scenario, push, syncBecomes, engine, source }) => {
        const closed = project(scenario.namespace, [{ kind: "deny", schedule: "* * * * *", duration: "1h", applications: ["*"] }]);
        await scenario.apply(yaml(closed));
        const commit = await push("v1.35.2");
        const told = await syncBecomes("blocked-by-window");
        expect(told.message).toContain(`the deny window "* * * * *" for 1h (UTC) of AppProject argocd/${scenario.namespace} is open`);
        expect(await version(scenario)).toBe("v1.34.0");
        await scenario.apply(yaml(project(scenario.namespace)));
        await engine.refresh(source);
        await syncBecomes("synced", commit);
      },
    ));

  it("with selfHeal puts a direct change back, and says so", ({ expect }) =>
    scene(
      "gitops-heal",
      (options) => argoApplication(options, { syncPolicy: { automated: { selfHeal: true } } }),
      async ({ scenario, source, sync, syncBecomes }) => {
        expect(source.remarks.join(" ")).toContain("has selfHeal on: it puts direct changes back.");
        await syncBecomes("synced");
        await scenario.clusterReady(CLUSTER);
        const replicas = async (): Promise<number> =>
          (await scenario.get("cluster", CLUSTER)).spec.topology.workers.machineDeployments[0].replicas;
        const patch = [{ op: "replace", path: "/spec/topology/workers/machineDeployments/0/replicas", value: 2 }];
        await scenario.kubectl("patch", "cluster", CLUSTER, "--type=json", "-p", JSON.stringify(patch));
        await scenario.eventually("the change to be put back", async () => ((await replicas()) === 1 ? true : undefined));
        const told = await scenario.eventually("it to be told", async () => {
          const now = await sync();
          return now.state === "synced" && now.message.includes("selfHeal") ? now : undefined;
        });
        expect(told.message).toContain(`selfHeal put a direct change of Cluster ${CLUSTER} back at `);
      },
    ));
});

describe.concurrent("Flux", () => {
  it("that is suspended applies nothing, and says so", ({ expect }) =>
    scene("gitops-suspend", fluxKustomization, async ({ scenario, push, syncBecomes }) => {
      const suspend = (value: boolean): Promise<string> =>
        scenario.kubectl(
          "patch",
          "kustomizations.kustomize.toolkit.fluxcd.io",
          scenario.namespace,
          "--type=merge",
          "-p",
          JSON.stringify({ spec: { suspend: value } }),
        );
      await suspend(true);
      const commit = await push("v1.35.2");
      const told = await syncBecomes("suspended");
      expect(told.remedy).toBe(`Resume it: \`flux resume kustomization ${scenario.namespace} -n ${scenario.namespace}\`.`);
      expect(await version(scenario)).toBe("v1.34.0");
      await suspend(false);
      await syncBecomes("synced", commit);
    }));

  it("whose repository cannot be fetched says why", ({ expect }) =>
    scene("gitops-fetch", fluxKustomization, async ({ scenario, syncBecomes, engine, source }) => {
      await syncBecomes("synced");
      await scenario.kubectl(
        "patch",
        "gitrepository",
        scenario.namespace,
        "--type=merge",
        "-p",
        JSON.stringify({ spec: { ref: { branch: "gone" } } }),
      );
      await engine.refresh(source);
      const told = await syncBecomes("failed");
      expect(told.message).toContain("cannot be fetched (GitOperationFailed)");
      expect(told.message).toContain("gone");
    }));
});
