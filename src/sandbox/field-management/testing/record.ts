/**
 * Plays the scenarios against a real kube-apiserver and keeps what it answered in recorded.jsonl.
 *
 *     npx tsx src/sandbox/field-management/testing/record.ts https://127.0.0.1:PORT TOKEN FOLDER_WITH_CRDS
 *
 * The server needs no Cluster API webhooks (started by hand: etcd, and kube-apiserver with --disable-admission-plugins=ServiceAccount); the folder is `core/crd/bases` of Cluster API.
 * Takes about a minute: requests of one scenario are more than a second apart, so that times tell them from each other.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { parse } from "yaml";
import type { RecordedRequest, Scenario } from "./requests.ts";
import { scenarios } from "./scenarios.ts";

type Tree = Record<string, unknown>;

const [server, token, crds] = process.argv.slice(2);
if (server === undefined || token === undefined || crds === undefined) throw new Error("usage: record.ts SERVER TOKEN FOLDER_WITH_CRDS");
const namespace = `recorded-${process.pid}`;

const kinds: Readonly<
  Record<string, { readonly apiVersion: string; readonly path: string; readonly crd?: string; readonly component?: string }>
> = {
  ConfigMap: { apiVersion: "v1", path: "/api/v1/namespaces/NS/configmaps", component: "io.k8s.api.core.v1.ConfigMap" },
  Deployment: { apiVersion: "apps/v1", path: "/apis/apps/v1/namespaces/NS/deployments", component: "io.k8s.api.apps.v1.Deployment" },
  Cluster: { apiVersion: "cluster.x-k8s.io/v1beta2", path: "/apis/cluster.x-k8s.io/v1beta2/namespaces/NS/clusters", crd: "clusters" },
  Machine: { apiVersion: "cluster.x-k8s.io/v1beta2", path: "/apis/cluster.x-k8s.io/v1beta2/namespaces/NS/machines", crd: "machines" },
};

async function call(
  method: string,
  path: string,
  body?: unknown,
  contentType = "application/json",
): Promise<{ code: number; answer: Tree }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server}${path}`,
      {
        method,
        rejectUnauthorized: false,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": contentType }) },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => resolve({ code: response.statusCode ?? 0, answer: JSON.parse(Buffer.concat(parts).toString()) as Tree }));
      },
    );
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function installCrds(): Promise<Map<string, Tree>> {
  const schemas = new Map<string, Tree>();
  for (const [kind, { crd }] of Object.entries(kinds)) {
    if (crd === undefined) continue;
    const definition = parse(readFileSync(join(crds!, `cluster.x-k8s.io_${crd}.yaml`), "utf8")) as Tree & {
      spec: Tree & { versions: Tree[] };
    };
    const versions = definition.spec.versions.filter((version) => version["name"] === "v1beta2");
    schemas.set(kind, (versions[0]!["schema"] as Tree)["openAPIV3Schema"] as Tree);
    const { conversion: _conversion, ...spec } = definition.spec;
    await call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { ...definition, spec: { ...spec, versions } });
  }
  await wait(3000);
  return schemas;
}

/** Only what the scenarios touch, and of that only what decides about merging: the whole would be megabytes. */
function pruned(schema: Tree, touching: readonly unknown[], components: Tree, name = ""): Tree {
  const reference =
    schema["$ref"] ?? ((schema["allOf"] as Tree[] | undefined)?.length === 1 ? (schema["allOf"] as Tree[])[0]!["$ref"] : undefined);
  if (typeof reference === "string") {
    const { $ref: _ref, allOf: _allOf, ...rest } = schema;
    return pruned({ ...(components[reference.slice(reference.lastIndexOf("/") + 1)] as Tree), ...rest }, touching, components, name);
  }
  const kept: Tree = {};
  for (const [key, value] of Object.entries(schema))
    if (key === "type" || key.startsWith("x-kubernetes-")) if (key !== "x-kubernetes-validations") kept[key] = value;
  const required = schema["required"];
  if (Array.isArray(required)) kept["required"] = required;
  if (schema["default"] !== undefined && name !== "") kept["default"] = schema["default"];
  const maps = touching.filter((value): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value));
  const properties = schema["properties"] as Record<string, Tree> | undefined;
  if (properties !== undefined) {
    const touched = Object.keys(properties).filter((property) =>
      maps.some((map) => property in map || `$setElementOrder/${property}` in map || `$deleteFromPrimitiveList/${property}` in map),
    );
    kept["properties"] = Object.fromEntries(
      touched.map((property) => [
        property,
        pruned(
          properties[property]!,
          maps.map((map) => map[property]),
          components,
          property,
        ),
      ]),
    );
  }
  const additional = schema["additionalProperties"];
  if (typeof additional === "object" && additional !== null)
    kept["additionalProperties"] = pruned(
      additional as Tree,
      maps.flatMap((map) => Object.values(map)),
      components,
    );
  const items = schema["items"];
  if (typeof items === "object" && items !== null) kept["items"] = pruned(items as Tree, touching.filter(Array.isArray).flat(), components);
  return kept;
}

interface Step extends RecordedRequest {
  /** What was sent, complete. */
  readonly sent: unknown;
  readonly object?: Tree;
  readonly refusal?: Tree;
}

const contentTypes = {
  create: "application/json",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

async function play(scenario: Scenario, index: number): Promise<{ name: string; kind: string; steps: Step[] }> {
  const { apiVersion, path: template } = kinds[scenario.kind]!;
  const path = template.replace("NS", namespace);
  const name = `scenario-${index}`;
  const steps: Step[] = [];
  for (const each of scenario.requests) {
    await wait(1150);
    const { verb, manager, subresource, body } = each;
    const whole = {
      apiVersion,
      kind: scenario.kind,
      ...(body as Tree),
      metadata: { name, namespace, ...((body as Tree)["metadata"] as Tree) },
    };
    const sent = verb === "create" || verb === "apply" ? whole : body;
    const query = `?fieldManager=${manager}${each.force === true ? "&force=true" : ""}`;
    const { code, answer } =
      verb === "create"
        ? await call("POST", `${path}${query}`, sent)
        : await call("PATCH", `${path}/${name}${subresource === undefined ? "" : `/${subresource}`}${query}`, sent, contentTypes[verb]);
    steps.push({ ...each, sent, ...(code < 300 ? { object: answer } : { refusal: answer }) });
    if (code >= 300) console.log(scenario.name, steps.length, answer["message"]);
  }
  return { name: scenario.name, kind: scenario.kind, steps };
}

/** Times are told by the number of the step that made them: 2026-01-01T00:00:NNZ. */
function withStepTimes(steps: readonly Step[]): Step[] {
  const times = new Map<string, string>();
  return steps.map((step, index) => {
    const { object } = step;
    if (object === undefined) return step;
    const metadata = object["metadata"] as Tree & { managedFields?: Tree[] };
    const managedFields = metadata.managedFields?.map((entry) => {
      const time = entry["time"] as string | undefined;
      if (time === undefined) return entry;
      if (!times.has(time)) times.set(time, `2026-01-01T00:00:${String(index).padStart(2, "0")}Z`);
      return { ...entry, time: times.get(time)! };
    });
    const { creationTimestamp: _created, resourceVersion: _version, uid: _uid, managedFields: _managed, ...rest } = metadata;
    return { ...step, object: { ...object, metadata: { ...rest, uid: "uid", ...(managedFields === undefined ? {} : { managedFields }) } } };
  });
}

const schemas = await installCrds();
await call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
const played = (await Promise.all(scenarios.map(play))).map((scenario) => ({ ...scenario, steps: withStepTimes(scenario.steps) }));
const components = {
  ...((await call("GET", "/openapi/v3/api/v1")).answer["components"] as { schemas: Tree }).schemas,
  ...((await call("GET", "/openapi/v3/apis/apps/v1")).answer["components"] as { schemas: Tree }).schemas,
};
const version = (await call("GET", "/version")).answer["gitVersion"];
const kept = Object.fromEntries(
  Object.entries(kinds).map(([kind, { component }]) => {
    const touching = played
      .filter((each) => each.kind === kind)
      .flatMap(({ steps }) => steps.flatMap(({ sent, object }) => [sent, object]));
    const schema = component === undefined ? schemas.get(kind)! : (components as Record<string, Tree>)[component]!;
    return [kind, pruned(schema, touching, components)];
  }),
);
const text = [{ server: version, schemas: kept }, ...played].map((line) => JSON.stringify(line).replaceAll(namespace, "ns")).join("\n");
writeFileSync(join(import.meta.dirname, "recorded.jsonl"), `${text}\n`);
console.log(`${scenarios.length} scenarios, ${text.length} bytes`);
