// `tsx scripts/bundle-crds.ts`: makes the files of src/sandbox/schemas that hold kinds and their schemas: those of Cluster API from its CRDs, those of Kubernetes from its OpenAPI and discovery
// documents. Read from the test stack's cache (test/stack/build.ts) and from Go's module cache; run `npm run stack` once to have both.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { parseAllDocuments } from "yaml";

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

type Fields = Readonly<Record<string, unknown>>;

interface CustomResourceDefinition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly scope: string;
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Fields };
      readonly subresources?: Fields;
      readonly additionalPrinterColumns?: readonly Fields[];
    }[];
  };
}

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

interface SchemaTable {
  readonly nodes: readonly Fields[];
  numberOf(schema: Fields): number;
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
    .map(({ spec: { group, names, scope, versions } }) => ({
      group,
      names,
      scope,
      versions: versions.map(({ schema, additionalPrinterColumns, ...version }) => ({
        ...version,
        additionalPrinterColumns: additionalPrinterColumns?.map(({ description: _description, ...column }) => column),
        schema: table.numberOf(schema.openAPIV3Schema),
      })),
    }));
  if (definitions.length !== customKinds.size) throw new Error(`found only ${definitions.map(({ names }) => names.kind).join(", ")}`);
  write(
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
  write(
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

/** Schemas by their text: those that are alike are kept once, and refer to those below them by number. */
function schemaTable(): SchemaTable {
  const numbers = new Map<string, number>();
  const nodes: Fields[] = [];
  const numberOf = (schema: Fields): number => {
    const { description: _description, ...rest } = eachBelow(schema, numberOf);
    const text = JSON.stringify(rest);
    const known = numbers.get(text);
    if (known !== undefined) return known;
    nodes.push(rest);
    numbers.set(text, nodes.length - 1);
    return nodes.length - 1;
  };
  return { nodes, numberOf };
}

function eachBelow(schema: Fields, change: (below: Fields) => unknown): Fields {
  const { properties, items, additionalProperties, anyOf } = schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties as Fields).map(([name, each]) => [name, change(each as Fields)])) }),
    ...(items === undefined ? {} : { items: change(items as Fields) }),
    ...(typeof additionalProperties === "object" ? { additionalProperties: change(additionalProperties as Fields) } : {}),
    ...(anyOf === undefined ? {} : { anyOf: (anyOf as readonly Fields[]).map(change) }),
  };
}

function write(file: string, name: string, origin: string, content: { definitions: readonly unknown[]; nodes: readonly unknown[] }): void {
  const json = Buffer.from(JSON.stringify(content));
  const packed = brotliCompressSync(json, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 } });
  writeFileSync(
    `src/sandbox/schemas/${file}.ts`,
    `// Generated by scripts/bundle-crds.ts. ${origin}, without descriptions.
/** JSON, brotli, base64; read by schema-bundle.ts. */
export const ${name} =
  "${packed.toString("base64")}";
`,
  );
  const { definitions, nodes } = content;
  console.log(
    `${file}: ${definitions.length} kinds, ${nodes.length} different schemas, ${json.length} bytes of JSON, ${packed.length} packed`,
  );
}
