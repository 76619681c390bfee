import { typeKey, type ResourceType } from "../api/resource-type.ts";
import { builtInColumns } from "./built-in-columns.ts";
import { kubernetesKinds } from "./kubernetes-kinds.ts";
import { unpackBundle, type SchemaBundle } from "./schema-bundle.ts";

interface Definition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  readonly schema: number;
}

/** Kinds whose intent has numbers; the rest only has resource versions. */
const withGeneration = new Set([
  "CustomResourceDefinition",
  "DaemonSet",
  "Deployment",
  "Pod",
  "PodDisruptionBudget",
  "ReplicaSet",
  "StatefulSet",
]);

let types: readonly ResourceType[] | undefined;

/** Kubernetes' own kinds, as far as the sandbox has them. */
function kubernetesTypes(): readonly ResourceType[] {
  if (types === undefined) {
    const bundle = unpackBundle<Definition>(kubernetesKinds);
    types = bundle.definitions.map((definition) => resourceType(bundle, definition));
  }
  return types;
}

/** Those of the management cluster. */
export function builtInTypes(): readonly ResourceType[] {
  return kubernetesTypes().filter(({ kind }) => kind !== "VolumeAttachment");
}

/** Those of the clusters that Cluster API makes. */
export function workloadTypes(): readonly ResourceType[] {
  return kubernetesTypes();
}

function resourceType(bundle: SchemaBundle<Definition>, definition: Definition): ResourceType {
  const { group, version, kind, plural, singular, shortNames, categories, namespaced, hasStatus, hasScale } = definition;
  const printerColumns = builtInColumns[kind];
  return {
    key: typeKey(group, kind),
    group,
    kind,
    plural,
    singular,
    shortNames,
    categories,
    namespaced,
    hasStatus,
    storageVersion: version,
    versions: [
      {
        name: version,
        served: true,
        ...(printerColumns === undefined ? {} : { printerColumns }),
        get schema() {
          return bundle.schema(definition.schema);
        },
      },
    ],
    ...(hasScale ? { scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } } : {}),
    ...(withGeneration.has(kind) ? {} : { withoutGeneration: true }),
  };
}

/** Events as those write them who use the newer of the two APIs. Unlike in Kubernetes they are not those of the core group seen otherwise, and no schema prunes them. */
export const eventType: ResourceType = {
  key: typeKey("events.k8s.io", "Event"),
  group: "events.k8s.io",
  kind: "Event",
  plural: "events",
  singular: "event",
  shortNames: ["ev"],
  categories: [],
  namespaced: true,
  hasStatus: false,
  storageVersion: "v1",
  versions: [
    {
      name: "v1",
      served: true,
      printerColumns: [
        { name: "Last Seen", type: "date", jsonPath: ".eventTime" },
        { name: "Type", type: "string", jsonPath: ".type" },
        { name: "Reason", type: "string", jsonPath: ".reason" },
        { name: "Object", type: "string", jsonPath: ".regarding.name" },
        { name: "Message", type: "string", jsonPath: ".note" },
      ],
    },
  ],
  withoutGeneration: true,
};
