import { describe, expect, it } from "vitest";
import { flux } from "../flux.ts";
import type { FoundSource, GitSource } from "../engine.ts";
import type { RawObject } from "../raw-object.ts";
import { memoryAccess } from "../testing/memory-access.ts";
import { demo, gitRepository, helmRelease, kustomization } from "../testing/objects.ts";

const find = (objects: readonly RawObject[]): Promise<FoundSource> =>
  flux({ engine: "flux", kind: "Kustomization", namespace: "flux-system", name: "clusters" }, memoryAccess(objects)).findSource(demo);
const findRelease = (objects: readonly RawObject[]): Promise<FoundSource> =>
  flux({ engine: "flux", kind: "HelmRelease", namespace: "clusters", name: "demo" }, memoryAccess(objects)).findSource(demo);

async function found(result: Promise<FoundSource>): Promise<readonly GitSource[]> {
  const awaited = await result;
  if (awaited.kind !== "found") throw new Error(JSON.stringify(awaited));
  return awaited.sources;
}

const appliedBy = (name: string) => ({
  labels: { "kustomize.toolkit.fluxcd.io/name": name, "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
});

describe("a Kustomization", () => {
  it("is found without configuration", async () => {
    const repository = gitRepository({ spec: { secretRef: { name: "fleet-key" } } });
    expect(await found(find([kustomization(), repository]))).toEqual([
      {
        engine: "flux",
        name: "Flux Kustomization flux-system/clusters",
        appliedBy: { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", namespace: "flux-system", name: "clusters" },
        fetchedBy: { group: "source.toolkit.fluxcd.io", kind: "GitRepository", namespace: "flux-system", name: "fleet" },
        position: undefined,
        repoURL: "https://git.example.com/fleet.git",
        branch: "main",
        path: "clusters",
        kind: "kustomize",
        valueFiles: [],
        credentialsSecret: { namespace: "flux-system", name: "fleet-key" },
        behaviour: { automatic: true, prunes: false, revertsDirectChanges: true },
        appliedThrough: [],
        remarks: [],
      },
    ]);
  });

  it.each([
    ["no ref: master", kustomization(), gitRepository({ spec: { ref: undefined } }), { branch: "master" }],
    ["the root", kustomization({ spec: { path: undefined } }), gitRepository(), { path: "" }],
    [
      "another namespace",
      kustomization({ spec: { sourceRef: { kind: "GitRepository", name: "fleet", namespace: "sources" } } }),
      gitRepository({ metadata: { namespace: "sources" }, spec: { secretRef: { name: "key" } } }),
      { fetchedBy: { namespace: "sources" }, credentialsSecret: { namespace: "sources", name: "key" } },
    ],
    [
      "prune",
      kustomization({ spec: { prune: true } }),
      gitRepository(),
      {
        behaviour: { automatic: true, prunes: true, revertsDirectChanges: true },
        remarks: [
          "Flux Kustomization flux-system/clusters prunes: a machine template that is taken out of Git while machines still use it is deleted.",
        ],
      },
    ],
    [
      "suspended",
      kustomization({ spec: { suspend: true } }),
      gitRepository(),
      { behaviour: { automatic: false }, remarks: ["It is suspended: it applies nothing."] },
    ],
    [
      "a suspended repository",
      kustomization(),
      gitRepository({ spec: { suspend: true } }),
      { remarks: ["Its GitRepository is suspended: nothing new is fetched."] },
    ],
    [
      "changes of its own",
      kustomization({ spec: { patches: [], postBuild: {}, targetNamespace: "x" } }),
      gitRepository(),
      {
        remarks: [
          "Flux Kustomization flux-system/clusters itself sets patches, postBuild, targetNamespace, which win over what is in the folder.",
        ],
      },
    ],
  ])("%s", async (_, object, repository, expected) => {
    expect((await found(find([object, repository])))[0]).toMatchObject(expected);
  });

  it("with what applies it; the one of `flux bootstrap` applies itself", async () => {
    const parent = kustomization({ metadata: { name: "flux-system", ...appliedBy("flux-system") }, spec: { path: "./clusters/mgmt" } });
    const [source] = await found(find([kustomization({ metadata: appliedBy("flux-system") }), parent, gitRepository()]));
    expect(source?.appliedThrough).toEqual([
      {
        name: "Flux Kustomization flux-system/flux-system",
        reference: { group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", namespace: "flux-system", name: "flux-system" },
        repoURL: "https://git.example.com/fleet.git",
        path: "clusters/mgmt",
        overwrites: true,
      },
    ]);
  });

  it("two that apply each other end", async () => {
    const one = kustomization({ metadata: appliedBy("other") });
    const other = kustomization({ metadata: { name: "other", ...appliedBy("clusters") } });
    const [source] = await found(find([one, other, gitRepository()]));
    expect(source?.appliedThrough.length).toBeLessThanOrEqual(2);
  });

  const from = (kind: string) => kustomization({ spec: { sourceRef: { kind, name: "fleet" } } });
  const source = (kind: string, spec: RawObject): RawObject => ({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind,
    metadata: { name: "fleet", namespace: "flux-system" },
    spec,
  });
  it.each<[string, readonly RawObject[], string, string]>([
    [
      "OCI",
      [from("OCIRepository"), source("OCIRepository", { url: "oci://ghcr.io/org/fleet" })],
      "SourceNotInGit",
      "takes its manifests from OCIRepository flux-system/fleet (oci://ghcr.io/org/fleet)",
    ],
    [
      "a bucket",
      [from("Bucket"), source("Bucket", { endpoint: "s3.example.com" })],
      "SourceNotInGit",
      "takes its manifests from Bucket flux-system/fleet (s3.example.com)",
    ],
    [
      "an OCI source that cannot be read",
      [from("OCIRepository")],
      "SourceNotInGit",
      "takes its manifests from OCIRepository flux-system/fleet:",
    ],
    ["no source", [kustomization({ spec: { sourceRef: undefined } })], "SourceNotInGit", "names no source"],
    ["a source that is gone", [kustomization()], "EngineObjectMissing", "GitRepository flux-system/fleet does not exist"],
    [
      "a tag",
      [kustomization(), gitRepository({ spec: { ref: { tag: "v1" } } })],
      "RevisionNotABranch",
      "spec.ref of GitRepository flux-system/fleet is tag v1 of https://git.example.com/fleet.git",
    ],
    [
      "a commit",
      [kustomization(), gitRepository({ spec: { ref: { branch: "main", commit: "abc" } } })],
      "RevisionNotABranch",
      "is commit abc",
    ],
    ["gone", [], "EngineObjectMissing", "Kustomization flux-system/clusters does not exist"],
  ])("refused: %s", async (_, objects, reason, message) => {
    expect(await find(objects)).toMatchObject({ kind: "refused", refusal: { reason, message: expect.stringContaining(message) } });
  });
});

describe("a HelmRelease", () => {
  const fromHelm = {
    chart: { spec: { chart: "cluster", sourceRef: { kind: "HelmRepository", name: "charts", namespace: "flux-system" } } },
  };
  const charts: RawObject = {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "HelmRepository",
    metadata: { name: "charts", namespace: "flux-system" },
    spec: { url: "https://charts.example.com" },
  };

  it("its chart in Git, and where its values are", async () => {
    const sources = await found(findRelease([helmRelease({ metadata: appliedBy("clusters") }), kustomization(), gitRepository()]));
    expect(sources.map(({ name, kind, path, appliedBy: { kind: by } }) => ({ name, kind, path, by }))).toEqual([
      { name: "Flux HelmRelease clusters/demo", kind: "helm", path: "charts/cluster", by: "HelmRelease" },
      { name: "Flux Kustomization flux-system/clusters", kind: "kustomize", path: "clusters", by: "Kustomization" },
    ]);
    expect(sources[0]?.remarks[0]).toContain("raise `version` in Chart.yaml too, or set reconcileStrategy: Revision");
  });

  it("a chart from elsewhere: only its values are in Git", async () => {
    const sources = await found(
      findRelease([
        helmRelease({ metadata: appliedBy("clusters"), spec: { ...fromHelm, valuesFrom: [{ kind: "ConfigMap", name: "defaults" }] } }),
        kustomization(),
        gitRepository(),
        charts,
      ]),
    );
    expect(sources.map(({ name }) => name)).toEqual(["Flux Kustomization flux-system/clusters"]);
    expect(sources[0]?.remarks).toEqual([
      "Flux HelmRelease clusters/demo is applied from here; the version may be among its values.",
      "Flux HelmRelease clusters/demo also takes values from ConfigMap defaults.",
    ]);
  });

  it("neither: both places are named", async () => {
    const result = await findRelease([helmRelease({ spec: fromHelm }), charts]);
    expect(result).toMatchObject({
      kind: "refused",
      refusal: {
        reason: "SourceNotInGit",
        message:
          "The chart cluster of Flux HelmRelease clusters/demo takes its manifests from HelmRepository flux-system/charts (https://charts.example.com): that is built from somewhere else, " +
          "and what is committed anywhere is not applied until it is built again. Flux HelmRelease clusters/demo itself, with its values, carries no mark of a Kustomization: it was not applied from Git.",
      },
    });
  });

  it("value files are told from the repository's root", async () => {
    const spec = {
      chart: "./charts/cluster",
      reconcileStrategy: "Revision",
      valuesFiles: ["./charts/cluster/prod.yaml"],
      sourceRef: { kind: "GitRepository", name: "fleet", namespace: "flux-system" },
    };
    const [source] = await found(findRelease([helmRelease({ spec: { chart: { spec } } }), gitRepository()]));
    expect(source).toMatchObject({ valueFiles: ["charts/cluster/prod.yaml"], remarks: [] });
  });
});
