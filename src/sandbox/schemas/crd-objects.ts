import type { ResourceType } from "../api/resource-type.ts";
import type { GivenObject } from "../store/stored-object.ts";

/**
 * CustomResourceDefinitions for kinds that are served: tools look at them to find out which contract a provider speaks (label `cluster.x-k8s.io/<contract>: <version>`). They are there to be
 * read; a change of them changes nothing.
 */
export function crdObjects(types: readonly ResourceType[], time: string): readonly GivenObject[] {
  return types
    .filter(({ group }) => group.endsWith("cluster.x-k8s.io"))
    .map(({ group, kind, plural, singular, shortNames, categories, namespaced, versions, storageVersion, hasStatus }) => {
      const names = {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        ...(shortNames.length === 0 ? {} : { shortNames }),
        ...(categories.length === 0 ? {} : { categories }),
      };
      const condition = (type: string, reason: string): object => ({ type, status: "True", reason, message: "", lastTransitionTime: time });
      return {
        metadata: {
          name: `${plural}.${group}`,
          labels: Object.fromEntries([
            ["cluster.x-k8s.io/provider", providerOf(group)],
            ...versions.map(({ name }) => [`cluster.x-k8s.io/${name}`, name] as const),
          ]),
        },
        spec: {
          group,
          names,
          scope: namespaced ? "Namespaced" : "Cluster",
          versions: versions.map(({ name, served, schema, printerColumns }) => ({
            name,
            served,
            storage: name === storageVersion,
            schema: { openAPIV3Schema: schema },
            ...(hasStatus ? { subresources: { status: {} } } : {}),
            ...(printerColumns === undefined ? {} : { additionalPrinterColumns: printerColumns }),
          })),
        },
        status: {
          acceptedNames: names,
          storedVersions: [storageVersion],
          conditions: [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
        },
      };
    });
}

function providerOf(group: string): string {
  switch (group) {
    case "controlplane.cluster.x-k8s.io":
      return "control-plane-kubeadm";
    case "bootstrap.cluster.x-k8s.io":
      return "bootstrap-kubeadm";
    case "infrastructure.cluster.x-k8s.io":
      return "infrastructure-docker";
    default:
      return "cluster-api";
  }
}
