import { sameJson } from "../../store/same-json.ts";
import { ApiStatusError } from "../../api/api-status-error.ts";
import { groupOf, typeKey, type ResourceType } from "../../api/resource-type.ts";
import type { GivenObject, JsonMap, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { fullName, type Cluster, type Desired } from "./topology-objects.ts";

const manager = "capi-topology";
const dryRunAnnotation = "topology.cluster.x-k8s.io/dry-run";
const applying = { manager, force: true } as const;

/** Writes objects as the topology wants them: what others set stays, what others changed of it is put back. */
export interface Applier {
  create(object: Desired<object>, because?: string): void;
  /** Writes when something differs. `change`: text for the Event, behind the name. */
  update(current: StoredObject, object: Desired<object>, change?: string): void;
  /** As `update`, but a spec that differs makes a new template, for specs of templates do not change. Gives the name to refer to. */
  rotate(current: StoredObject, object: Desired<object>, newName: () => string): string;
  remove(object: StoredObject): void;
}

export function createApplier({ objects, type, recordEvent }: Environment, cluster: Cluster): Applier {
  const typeOf = ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): ResourceType =>
    type(typeKey(groupOf(apiVersion), kind));
  const tell = (reason: string, message: string): void => recordEvent(cluster, "Normal", reason, message);

  /** What an apply would make of it; undefined when that is what is there. */
  function change(current: StoredObject, object: Desired<object>): StoredObject | undefined {
    if (holdsAll(current, object)) return undefined;
    // Webhooks let such a try change what is immutable: that is how a template is found to need a replacement.
    const { annotations } = object.metadata;
    const tried = { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [dryRunAnnotation]: "" } } };
    const result = objects.apply(typeOf(object), tried, { ...applying, dryRun: true });
    return sameJson(relevant(result), relevant(current)) ? undefined : result;
  }

  function write(object: Desired<object>, refusal: string): void {
    try {
      objects.apply(typeOf(object), object, applying);
    } catch (error) {
      if (!(error instanceof ApiStatusError)) throw error;
      throw new ReconcileError(`error reconciling the Cluster topology: ${refusal}: ${error.message}`);
    }
  }

  function create(object: Desired<object>, because = ""): void {
    try {
      objects.apply(typeOf(object), object, applying);
    } catch (error) {
      if (!(error instanceof ApiStatusError)) throw error;
      throw new ReconcileError(`error reconciling the Cluster topology: ${withoutName(error, object)}`);
    }
    tell("TopologyCreate", `Created ${object.kind} "${fullName(object)}"${because}`);
  }

  return {
    create,
    update(current, object, text = "") {
      if (change(current, object) === undefined) return;
      write(object, `failed to patch ${current.kind} ${fullName(current)}`);
      tell("TopologyUpdate", `Updated ${object.kind} "${fullName(object)}"${text}`);
    },
    rotate(current, object, newName) {
      const wanted = change(current, object);
      if (wanted === undefined) return current.metadata.name;
      if (sameJson(wanted["spec"], current["spec"])) {
        write(object, `failed to patch ${current.kind} ${fullName(current)}`);
        tell("TopologyUpdate", `Updated ${object.kind} "${fullName(object)}" (metadata changes)`);
        return current.metadata.name;
      }
      const replacement = { ...object, metadata: { ...object.metadata, name: newName() } };
      create(replacement, ` as a replacement for "${current.metadata.name}" (template rotation)`);
      return replacement.metadata.name;
    },
    remove(object) {
      const { namespace, name, deletionTimestamp } = object.metadata;
      if (deletionTimestamp !== undefined || objects.get(typeOf(object), namespace, name) === undefined) return;
      objects.delete(typeOf(object), namespace, name, {});
      tell("TopologyDelete", `Deleted ${object.kind} "${fullName(object)}"`);
    },
  };
}

/** What the topology looks after. */
function relevant({ metadata, ...object }: StoredObject | GivenObject): JsonMap {
  const { labels, annotations, ownerReferences } = metadata ?? {};
  const { [dryRunAnnotation]: _try, ...told } = annotations ?? {};
  return { labels: labels ?? {}, annotations: told, ownerReferences: ownerReferences ?? [], spec: object["spec"] };
}

/** Quick look before the apply is tried out: all values are there, and nothing else was applied last time. */
function holdsAll(current: StoredObject, object: Desired<object>): boolean {
  const { labels, annotations, ownerReferences } = object.metadata;
  const wanted = { metadata: { labels, annotations, ownerReferences }, spec: object.spec };
  if (!covers(current, wanted)) return false;
  const owned = current.metadata.managedFields?.find((entry) => entry.manager === manager && entry.operation === "Apply");
  // Templates lose their entry when CAPI cleans up after another controller: then only a try tells.
  return owned !== undefined && !ownsMore(owned.fieldsV1, wanted);
}

function covers(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined || live === wanted) return true;
  if (Array.isArray(wanted)) {
    return Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => covers(live[index], item));
  }
  if (typeof wanted !== "object" || wanted === null) return false;
  if (typeof live !== "object" || live === null) return false;
  const map = live as JsonMap;
  return Object.entries(wanted).every(([name, value]) => value === undefined || (Object.hasOwn(map, name) && covers(map[name], value)));
}

/** Are there fields in the set that the object does not have? Below lists nobody looks: `covers` compared those as a whole. */
function ownsMore(fields: JsonMap, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return false;
  const map = wanted as JsonMap;
  return Object.entries(fields).some(([element, below]) => {
    if (!element.startsWith("f:")) return false;
    const value = map[element.slice(2)];
    // Sets of fields are maps.
    return value === undefined || ownsMore(below as JsonMap, value);
  });
}

/** Names of new objects are drawn anew in each pass: with them the message would never come to rest. */
function withoutName({ details }: ApiStatusError, { apiVersion, kind }: Desired<object>): string {
  const what = `failed to create ${details.kind ?? kind}.${details.group ?? groupOf(apiVersion)}`;
  const causes = (details.causes ?? []).map(({ reason, field, message }) => `${reason ?? ""}: ${field ?? ""}: ${message}`);
  return causes.length === 0 ? what : `${what}: ${causes.join(" ")}`;
}
