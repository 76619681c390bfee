import { yaml } from "./manifests.ts";

export interface EngineObjectOptions {
  /** Of the Application in `argocd`, or of the GitRepository and Kustomization in the scenario's namespace. */
  readonly name: string;
  readonly namespace: string;
  readonly repoURL: string;
  readonly path: string;
}

/** An Application with automated sync, unless `syncPolicy` says otherwise. */
export function argoApplication(
  { name, namespace, repoURL, path }: EngineObjectOptions,
  { syncPolicy = { automated: {} }, project = "default" }: { readonly syncPolicy?: object; readonly project?: string } = {},
): string {
  return yaml({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name, namespace: "argocd" },
    spec: {
      project,
      destination: { server: "https://kubernetes.default.svc", namespace },
      source: { repoURL, path, targetRevision: "main" },
      syncPolicy,
    },
  });
}

/** An ApplicationSet that generates one such Application, of the same name. */
export function applicationSet({ name, namespace, repoURL, path }: EngineObjectOptions): string {
  return yaml({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    metadata: { name, namespace: "argocd" },
    spec: {
      goTemplate: true,
      // A scenario takes its cluster away itself.
      syncPolicy: { preserveResourcesOnDeletion: true },
      generators: [{ list: { elements: [{ cluster: name }] } }],
      template: {
        metadata: { name: "{{.cluster}}" },
        spec: {
          project: "default",
          destination: { server: "https://kubernetes.default.svc", namespace },
          source: { repoURL, path, targetRevision: "main" },
          syncPolicy: { automated: {} },
        },
      },
    },
  });
}

/** A GitRepository and a Kustomization that looks at it every ten minutes: scenarios ask for more. */
export function fluxKustomization({ name, namespace, repoURL, path }: EngineObjectOptions): string {
  return yaml(
    {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: { name, namespace },
      spec: { interval: "10m", url: repoURL, ref: { branch: "main" } },
    },
    {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name, namespace },
      spec: { interval: "10m", retryInterval: "5s", path: `./${path}`, prune: false, sourceRef: { kind: "GitRepository", name } },
    },
  );
}
