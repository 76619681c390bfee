import { expect } from "vitest";
import { parseAllDocuments } from "yaml";
import { createObjects } from "../../../api/objects.ts";
import { groupOf, typeKey, type ResourceType } from "../../../api/resource-type.ts";
import { getCondition } from "../../../conditions/condition.ts";
import { createRandom } from "../../../engine/random.ts";
import { createTimeline } from "../../../engine/timeline.ts";
import { createFieldManagement } from "../../../field-management/field-management.ts";
import { builtInTypes } from "../../../schemas/built-in-types.ts";
import { clusterApiTypes } from "../../../schemas/custom-types.ts";
import { schemaRules } from "../../../schemas/schema-rules.ts";
import { createObjectStore } from "../../../store/object-store.ts";
import type { GivenObject, StoredObject } from "../../../store/stored-object.ts";
import { createControllerRuntime } from "../../controller-runtime.ts";
import type { Environment } from "../../environment.ts";
import { createClusterClassController } from "../cluster-class-controller.ts";
import { createTopologyController } from "../topology-controller.ts";
import { labelKeys } from "../topology-objects.ts";
import { standInForControllers } from "./controller-stand-ins.ts";

const start = Date.parse("2026-11-24T00:00:00Z");
const types = [...clusterApiTypes(), ...builtInTypes()];
const byKey = new Map(types.map((type) => [type.key, type]));

export interface TopologyScene {
  readonly environment: Environment;
  readonly errors: string[];
  readonly events: string[];
  /** `+ Kind/name`, `- Kind/name`, and `Kind/name v1.34.0 → v1.35.2`, with names told by role. */
  readonly history: string[];
  passes(): number;
  apply(yaml: string): void;
  cluster(): StoredObject;
  list(kind: string): readonly StoredObject[];
  only(kind: string): StoredObject;
  pool(topologyName: string): StoredObject;
  change(object: StoredObject, change: (live: StoredObject) => GivenObject, subresource?: "status"): void;
  setVersion(version: string): void;
  annotate(object: StoredObject, annotations: Readonly<Record<string, string | undefined>>): void;
  /** Status, reason and message of TopologyReconciled. */
  topologyReconciled(): readonly [status: string, reason: string, message: string] | undefined;
  versions(): Readonly<Record<string, string>>;
  run(seconds: number): void;
}

export interface SceneOptions {
  readonly seed?: number;
  /** From a change of the control plane, or of a pool, to all its machines being up to it. */
  readonly rolloutSeconds?: number;
}

/** A management cluster with the topology controller, real schemas and field management; other controllers are stood in for. */
export function topologyScene(files: string, options: SceneOptions = {}): TopologyScene {
  const timeline = createTimeline(start);
  const random = createRandom(options.seed ?? 1);
  const store = createObjectStore({ indexedLabel: labelKeys.cluster });
  const objects = createObjects({
    store,
    now: () => timeline.now(),
    random: random.fork("objects"),
    rules: { schema: schemaRules, fields: createFieldManagement() },
  });
  const errors: string[] = [];
  const events: string[] = [];
  const history: string[] = [];
  const onError = (_controller: string, _key: object, error: Error): void => void errors.push(error.message);
  const runtime = createControllerRuntime({ objects, timeline, random: random.fork("runtime"), onError });
  const type = (key: string): ResourceType => byKey.get(key) ?? expect.unreachable(key);
  const environment: Environment = {
    objects,
    type,
    timeline,
    random: random.fork("names"),
    runtime,
    workloads: { get: () => undefined, ensure: () => expect.unreachable(), remove: () => undefined },
    machines: { plan: () => expect.unreachable() },
    recordEvent: (object, kind, reason, message) => void events.push(`${kind} ${object.kind} ${reason}: ${message}`),
  };
  store.subscribe((event) => {
    if (event.object.metadata.labels?.[labelKeys.owned] === undefined || ["Cluster", "Machine"].includes(event.object.kind)) return;
    const name = `${event.object.kind}/${event.object.metadata.name}`;
    if (event.kind !== "modified") return void history.push(`${event.kind === "added" ? "+" : "-"} ${name}`);
    const [before, after] = [versionOf(event.previous), versionOf(event.object)];
    if (before !== after) history.push(`${name} ${before} → ${after}`);
  });
  const typeOf = ({ apiVersion = "", kind = "" }: GivenObject): ResourceType => type(typeKey(groupOf(apiVersion), kind));
  const apply = (yaml: string): void => {
    for (const document of parseAllDocuments(yaml)) {
      const object = document.toJS() as GivenObject;
      if (object.kind !== "Namespace") objects.apply(typeOf(object), object, { manager: "kubectl", force: true });
    }
  };
  const change: TopologyScene["change"] = (object, by, subresource) =>
    void objects.modify(typeOf(object), object.metadata.namespace, object.metadata.name, by, {
      manager: "hand",
      ...(subresource === undefined ? {} : { subresource }),
    });
  const list = (kind: string): readonly StoredObject[] =>
    store
      .list([...byKey.keys()].find((key) => key.startsWith(`${kind}.`)) ?? kind)
      .filter(({ metadata }) => metadata.labels?.[labelKeys.owned] === "");
  const only = (kind: string): StoredObject => {
    const found = list(kind);
    expect(found.map(({ metadata }) => metadata.name)).toHaveLength(1);
    return found[0]!;
  };
  const cluster = (): StoredObject => store.list("Cluster.cluster.x-k8s.io")[0]!;
  apply(files);
  standInForControllers(environment, (options.rolloutSeconds ?? 30) * 1000);
  runtime.add(createClusterClassController(environment));
  // Without this head start the first passes only say that the class is not ready.
  timeline.runUntil(start + 5000);
  runtime.add(createTopologyController(environment));
  return {
    environment,
    errors,
    events,
    history,
    passes: () => runtime.passes(),
    apply,
    cluster,
    list,
    only,
    pool: (name) => list("MachineDeployment").find(({ metadata }) => metadata.labels?.[labelKeys.deployment] === name)!,
    change,
    setVersion(version) {
      change(cluster(), (live) => {
        const spec = live["spec"] as { readonly topology: object };
        return { ...live, spec: { ...spec, topology: { ...spec.topology, version } } };
      });
    },
    annotate: (object, annotations) =>
      change(object, (live) => {
        const all = Object.entries({ ...live.metadata.annotations, ...annotations });
        const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
        return { ...live, metadata: { ...live.metadata, annotations: Object.fromEntries(kept) } };
      }),
    topologyReconciled() {
      const condition = getCondition(cluster(), "TopologyReconciled");
      return condition === undefined ? undefined : [condition.status, condition.reason, condition.message];
    },
    versions: () =>
      Object.fromEntries(
        [...list("KubeadmControlPlane"), ...list("MachineDeployment")].map((object) => [
          object.metadata.labels?.[labelKeys.deployment] ?? "control plane",
          versionOf(object) ?? "",
        ]),
      ),
    run: (seconds) => timeline.runUntil(timeline.now() + seconds * 1000),
  };
}

function versionOf(object: StoredObject): string | undefined {
  const { version, template } = (object["spec"] ?? {}) as {
    readonly version?: string;
    readonly template?: { readonly spec?: { readonly version?: string } };
  };
  return version ?? template?.spec?.version;
}
