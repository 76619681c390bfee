import { randomBytes } from "node:crypto";
import { stringify } from "yaml";

type Manifest = Readonly<Record<string, unknown>>;

/** What Argo CD's installation would have made, of which its controller needs this much: the project is otherwise made by its API server, which does not run here. */
export function argoObjects(): string {
  const labels = { "app.kubernetes.io/part-of": "argocd" };
  return documents(
    namespace("argocd"),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "argocd-cm", namespace: "argocd", labels },
      // Kinds that change all the time and that nothing here declares: watching them costs more than all the rest.
      data: {
        "resource.exclusions": stringify([
          { apiGroups: ["", "events.k8s.io"], kinds: ["Event"] },
          { apiGroups: ["coordination.k8s.io"], kinds: ["*"] },
        ]),
      },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "argocd-secret", namespace: "argocd", labels },
      // Without it: "error getting cluster by server: server.secretkey is missing".
      stringData: { "server.secretkey": randomBytes(24).toString("base64") },
    },
    project("default"),
  );
}

/** An AppProject that allows everything, with these sync windows. */
export function project(name: string, syncWindows: readonly Manifest[] = []): Manifest {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: { name, namespace: "argocd" },
    spec: {
      sourceRepos: ["*"],
      destinations: [{ namespace: "*", server: "*" }],
      clusterResourceWhitelist: [{ group: "*", kind: "*" }],
      ...(syncWindows.length === 0 ? {} : { syncWindows }),
    },
  };
}

export function fluxObjects(): string {
  return documents(namespace("flux-system"));
}

function namespace(name: string): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function documents(...objects: readonly Manifest[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n");
}
