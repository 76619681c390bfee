import { inject, type ExpectStatic } from "vitest";
import { httpRemote, type Gate } from "../../../src/git/testing/http-remote.ts";
import { argoApplication, fluxKustomization } from "./engine-objects.ts";
import { clusterClass, plainCluster, topologyCluster, yaml } from "./manifests.ts";
import type { Operator } from "./operator.ts";
import { patience } from "./patience.ts";
import { startScenario, type Json, type Repository, type Scenario } from "./scenario.ts";

const API = "upgrades.clusterapi-gitops.io/v1alpha1";
export const CLUSTER = "demo";
export const PATH = "clusters";
export const FILE = `${PATH}/demo.yaml`;

/** A cluster in a repository that a real engine applies, with the operator's right to prove it. */
export interface Scene {
  readonly scenario: Scenario;
  readonly repository: Repository;
  /** The ClusterUpgrade of the cluster, once it is there. */
  readonly upgrade: () => Promise<Json>;
  /** Waits for the phase, or for the first of them. */
  readonly phase: (...phases: readonly string[]) => Promise<Json>;
  /** Waits for `Ready`, which is the proof. */
  readonly proven: () => Promise<Json>;
  /** Makes a ClusterUpgrade by hand. */
  readonly begin: (spec: object) => Promise<void>;
  /** The scenario's ReleaseCatalog, with these versions. */
  readonly catalog: (...releases: readonly (string | { readonly version: string })[]) => Promise<void>;
  /** A policy for the scenario's cluster and catalog; waits until it has found nothing to do. */
  readonly follow: (channel: "Patch" | "Rapid", spec?: object) => Promise<void>;
  /** Titles of the commits that are not the scenario's own, oldest first. */
  readonly commits: () => Promise<readonly string[]>;
}

export interface SceneOptions {
  readonly title: string;
  readonly engine: "argo" | "flux";
  readonly files: (namespace: string) => Readonly<Record<string, string>>;
  /** Of Argo CD's Application, once the cluster is there; automated, if nothing else is said. */
  readonly syncPolicy?: object | null;
  readonly workerStartup?: string;
  /** `ClusterClass.spec.kubernetesVersions`. */
  readonly classVersions?: readonly string[];
  readonly changeClass?: (clusterClass: string) => string;
  readonly gate?: Gate;
  /** A forge that has the repository, instead of the scenario. */
  readonly host?: (name: string, files: Readonly<Record<string, string>>) => Promise<Hosted>;
}

/** A repository, and where engines and the operator find it. */
export interface Hosted {
  readonly repository: Repository;
  readonly repoURL: string;
  readonly close: () => Promise<void>;
}

async function ownHost(scenario: Scenario, files: Readonly<Record<string, string>>, gate: Gate | undefined): Promise<Hosted> {
  const repository = await scenario.repository(files);
  const remote = await httpRemote(repository.path, gate);
  const repoURL = remote.url.replace("remote.git", repository.path.split("/").at(-1) ?? "");
  return { repository, repoURL, close: () => remote.close() };
}

export async function engineScene(operator: Operator, options: SceneOptions, act: (scene: Scene) => Promise<void>): Promise<void> {
  const scenario = await startScenario(inject("stack"), options.title);
  const { namespace, kubectl } = scenario;
  const files = options.files(namespace);
  const hosted = await (options.host?.(namespace, files) ?? ownHost(scenario, files, options.gate));
  const { repository, repoURL } = hosted;
  try {
    await operator.allowProof(namespace);
    const ofClass = clusterClass(namespace, options.classVersions, options.workerStartup);
    await scenario.apply(options.changeClass?.(ofClass) ?? ofClass);
    const declared = { name: namespace, namespace, repoURL, path: PATH };
    await scenario.apply(options.engine === "argo" ? argoApplication(declared) : fluxKustomization(declared));
    await scenario.clusterReady(CLUSTER);
    if (options.syncPolicy !== undefined) {
      const patch = JSON.stringify({ spec: { syncPolicy: options.syncPolicy } });
      await kubectl("-n", "argocd", "patch", "application", namespace, "--type=merge", "-p", patch);
    }
    const upgrades = async (): Promise<readonly Json[]> => (await scenario.get("clusterupgrades")).items;
    const upgrade = (): Promise<Json> => scenario.eventually("a ClusterUpgrade", async () => (await upgrades())[0]);
    const told = async (): Promise<Error> => new Error(`${JSON.stringify((await upgrade()).status, undefined, 1)}\n${operator.log()}`);
    const phase: Scene["phase"] = (...phases) =>
      scenario
        .eventually(phases.join(" or "), async () => {
          const now = await upgrade();
          return phases.includes(now.status?.phase) ? now : undefined;
        })
        .catch(async (error: unknown) => {
          throw new Error(String(error), { cause: await told() });
        });
    await act({
      scenario,
      repository,
      upgrade,
      phase,
      proven: async () => {
        const { metadata } = await upgrade();
        await kubectl("wait", "--for=condition=Ready", `clusterupgrade/${metadata.name}`, patience).catch(async () => {
          throw await told();
        });
        return upgrade();
      },
      begin: (spec) =>
        scenario.apply(
          yaml({
            apiVersion: API,
            kind: "ClusterUpgrade",
            metadata: { name: "by-hand", namespace },
            spec: { clusterName: CLUSTER, ...spec },
          }),
        ),
      catalog: (...releases) =>
        scenario.apply(
          yaml({
            apiVersion: API,
            kind: "ReleaseCatalog",
            metadata: { name: namespace },
            spec: {
              releases: releases.map((each) => ({ releasedAt: "2025-09-10", ...(typeof each === "string" ? { version: each } : each) })),
            },
          }),
        ),
      async follow(channel, spec) {
        await scenario.apply(
          yaml({
            apiVersion: API,
            kind: "UpgradePolicy",
            metadata: { name: namespace },
            spec: {
              clusters: { namespaces: [namespace] },
              priority: 1000,
              target: { channel, catalogRef: { name: namespace } },
              proof: hold,
              ...spec,
            },
          }),
        );
        await kubectl("wait", "--for=jsonpath={.status.upToDate}=1", `upgradepolicy/${namespace}`, patience);
      },
      commits: async () => {
        const titles = await repository.git("log", "--reverse", "--author=capi-gitops", "--format=%s", "main");
        return titles.split("\n").filter((line) => line !== "");
      },
    });
  } finally {
    // First what would bring it back.
    await kubectl("-n", "argocd", "delete", "application", namespace, "--ignore-not-found", "--wait=false");
    await kubectl("delete", "kustomizations.kustomize.toolkit.fluxcd.io", "--all", "--wait=false");
    await kubectl("delete", "upgradepolicy,releasecatalog", namespace, "--ignore-not-found", "--wait=false");
    await scenario.end();
    await hosted.close();
  }
}

export const topology =
  (workers = 1) =>
  (namespace: string): Readonly<Record<string, string>> => ({
    [FILE]: topologyCluster({ namespace, name: CLUSTER, version: "v1.34.0", workers }),
  });

/** A chart in the repository, and the HelmRelease of it, whose values have the version. */
export function release(namespace: string): Readonly<Record<string, string>> {
  const chartRef = { kind: "GitRepository", name: namespace };
  return {
    "charts/cluster/Chart.yaml": yaml({ apiVersion: "v2", name: "cluster", version: "1.0.0" }),
    "charts/cluster/values.yaml": "# Every cluster says its own.\nversion: v1.33.0\n",
    "charts/cluster/templates/cluster.yaml": topologyCluster({
      namespace: "{{ .Release.Namespace }}",
      name: "{{ .Release.Name }}",
      version: "{{ .Values.version }}",
    }),
    [FILE]: yaml({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: CLUSTER, namespace },
      spec: {
        interval: "10m",
        chart: { spec: { chart: "./charts/cluster", sourceRef: chartRef } },
        install: { disableWait: true },
        upgrade: { disableWait: true },
        values: { version: "v1.34.0" },
      },
    }),
  };
}

/** One control plane and one pool, whose machine templates name the version. */
export function plain(namespace: string): Readonly<Record<string, string>> {
  const files = plainCluster({ namespace, name: CLUSTER, version: "v1.34.0", controlPlanes: 1 });
  return Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => name !== "pool-b.yaml")
      .map(([name, text]) => [`${PATH}/${name}`, text]),
  );
}

export async function expectAllAt(expect: ExpectStatic, { get }: Scenario, version: string, machines: number): Promise<void> {
  const { items } = await get("machines");
  const versions = items.filter(({ metadata }: Json) => metadata.deletionTimestamp === undefined).map(({ spec }: Json) => spec.version);
  expect(versions).toEqual(Array.from({ length: machines }, () => version));
}

export function phasesOf({ status }: Json): readonly string[] {
  return status.timeline.map(({ phase }: Json) => phase).filter((phase: string | undefined) => phase !== undefined);
}

/** Short, as nothing here needs to be watched for long. */
export const hold = { hold: "3s", stall: "5m" };

/** Runs a scene with the operator of a test file. */
export type RunScene = (options: SceneOptions, act: (scene: Scene) => Promise<void>) => Promise<void>;
