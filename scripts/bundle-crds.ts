// `tsx scripts/bundle-crds.ts`: makes the files of src/sandbox/schemas that hold kinds and their schemas: those of Cluster API from its CRDs, those of Kubernetes from its OpenAPI and discovery
// documents. Read from the test stack's cache (test/stack/build.ts) and from Go's module cache; run `npm run stack` once to have both.
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { definitionFields, eachBelow, schemaTable, writeBundle, type CustomResourceDefinition, type Fields } from "./schema-table.ts";

const clusterApi = "v1.14.0";
const kubernetes = "v1.36.3";

/** Kinds that the sandbox plays; the rest of a release is left out. */
const customKinds = new Set([
  "Cluster",
  "ClusterClass",
  "Machine",
  "MachineSet",
  "MachineDeployment",
  "MachinePool",
  "MachineHealthCheck",
  "MachineDrainRule",
  "KubeadmControlPlane",
  "KubeadmControlPlaneTemplate",
  "KubeadmConfig",
  "KubeadmConfigTemplate",
  "DevCluster",
  "DevClusterTemplate",
  "DevMachine",
  "DevMachineTemplate",
  "DockerCluster",
  "DockerClusterTemplate",
  "DockerMachine",
  "DockerMachineTemplate",
  "ClusterResourceSet",
  "ClusterResourceSetBinding",
]);
const builtInKinds: Readonly<Record<string, readonly string[]>> = {
  "": ["ConfigMap", "Event", "Namespace", "Node", "Pod", "Secret", "Service", "ServiceAccount"],
  "apiextensions.k8s.io": ["CustomResourceDefinition"],
  apps: ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
  "coordination.k8s.io": ["Lease"],
  policy: ["PodDisruptionBudget"],
  "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  "storage.k8s.io": ["VolumeAttachment"],
};

interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Fields>> };
}

interface DiscoveryDocument {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly singularName: string;
    readonly namespaced: boolean;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

bundleCustomKinds();
bundleBuiltInKinds();

function bundleCustomKinds(): void {
  const table = schemaTable();
  const cache = join(homedir(), ".cache/clusterapi-gitops");
  const found = readdirSync(cache).find((name) => name.startsWith("cluster-api-"));
  if (found === undefined) throw new Error(`no Cluster API in ${cache}`);
  const definitions = ["core", "cabpk", "kcp", "capd"]
    .map((component) => join(cache, found, "manifests", component, "crd/bases"))
    .flatMap((folder) => readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8")))
    .flatMap((text) => parseAllDocuments(text).map((document): unknown => document.toJS()))
    .filter(isCustomResourceDefinition)
    .filter(({ spec }) => customKinds.has(spec.names.kind))
    .map((definition) => definitionFields(definition, table));
  if (definitions.length !== customKinds.size) throw new Error(`found only ${definitions.map(({ names }) => names.kind).join(", ")}`);
  writeBundle(
    "scripts/bundle-crds.ts",
    "cluster-api-crds",
    "clusterApiCrds",
    `From the CustomResourceDefinitions of Cluster API ${clusterApi} (https://github.com/kubernetes-sigs/cluster-api, Apache-2.0)`,
    { definitions, nodes: table.nodes },
  );
}

function isCustomResourceDefinition(document: unknown): document is CustomResourceDefinition {
  return (document as CustomResourceDefinition | null)?.kind === "CustomResourceDefinition";
}

function bundleBuiltInKinds(): void {
  const table = schemaTable();
  const folder = join(homedir(), `go/pkg/mod/k8s.io/kubernetes@${kubernetes}/api`);
  const definitions = Object.entries(builtInKinds).flatMap(([group, kinds]) => {
    const path = group === "" ? "api__v1" : `apis__${group}__v1`;
    const { components } = JSON.parse(readFileSync(join(folder, `openapi-spec/v3/${path}_openapi.json`), "utf8")) as OpenApiDocument;
    const { resources } = JSON.parse(readFileSync(join(folder, `discovery/${path}.json`), "utf8")) as DiscoveryDocument;
    return kinds.map((kind) => {
      const resource = resources.find(({ name, kind: found }) => found === kind && !name.includes("/"));
      const schema = Object.values(components.schemas).find((each) => isOfKind(each, group, kind));
      if (resource === undefined || schema === undefined) throw new Error(`${group}/v1 has no ${kind}`);
      const { name: plural, singularName: singular, namespaced, shortNames = [], categories = [] } = resource;
      const has = (subresource: string): boolean => resources.some(({ name }) => name === `${plural}/${subresource}`);
      return {
        group,
        version: "v1",
        kind,
        plural,
        singular,
        namespaced,
        shortNames,
        categories,
        hasStatus: has("status"),
        hasScale: has("scale"),
        schema: table.numberOf(resolved(schema, components.schemas)),
      };
    });
  });
  writeBundle(
    "scripts/bundle-crds.ts",
    "kubernetes-kinds",
    "kubernetesKinds",
    `From the OpenAPI and discovery documents of Kubernetes ${kubernetes} (https://github.com/kubernetes/kubernetes, Apache-2.0)`,
    { definitions, nodes: table.nodes },
  );
}

function isOfKind(schema: Fields, group: string, kind: string): boolean {
  const named = schema["x-kubernetes-group-version-kind"] as readonly { group: string; version: string; kind: string }[] | undefined;
  return named?.some((each) => each.group === group && each.version === "v1" && each.kind === kind) === true;
}

/** Without references; schemas of schemas, which refer to themselves, become anything. */
function resolved(schema: Fields, components: Readonly<Record<string, Fields>>): Fields {
  const { allOf, $ref, enum: _enum, "x-kubernetes-group-version-kind": _kinds, "x-kubernetes-unions": _unions, ...rest } = schema;
  const reference = $ref ?? (allOf as readonly Fields[] | undefined)?.[0]?.["$ref"];
  if (typeof reference === "string") {
    const name = reference.slice(reference.lastIndexOf("/") + 1);
    if (name.endsWith(".JSONSchemaProps")) return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    // A time that is none is null there, and stays so.
    if (name.endsWith(".Time") || name.endsWith(".MicroTime")) return { type: "string", format: "date-time", nullable: true };
    return { ...resolved(components[name]!, components), ...rest };
  }
  return eachBelow(rest, (below) => resolved(below, components));
}
