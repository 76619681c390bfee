import type { StoredObject } from "../store/stored-object.ts";
import { isCustomResource } from "./refusals.ts";
import type { PrinterColumn, ResourceType } from "./resource-type.ts";
import { rememberedText } from "../store/remembered-texts.ts";

export interface TableSettings {
  /** Epoch milliseconds, for ages. */
  readonly now: number;
  /** What each row carries of its object; default Metadata. */
  readonly include: "" | "Metadata" | "Object" | "None";
  readonly withHeader: boolean;
  readonly metadata: object;
}

/** `application/json;as=Table;v=v1;g=meta.k8s.io`: what `kubectl get` prints. `include`: Metadata (default), Object or None. */
export function tableOf(
  type: ResourceType,
  version: string,
  objects: readonly StoredObject[],
  { now, include, withHeader, metadata }: TableSettings,
): object {
  const columns = columnsOf(type, version);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: withHeader
      ? [
          { name: "Name", type: "string", format: "name", description: "Name must be unique within a namespace.", priority: 0 },
          ...columns.map(({ name, type: valueType, format = "", description = "", priority = 0 }) => ({
            name,
            // Kubernetes' own kinds print their dates as texts.
            type: valueType === "date" && !isCustomResource(type) ? "string" : valueType,
            format,
            description,
            priority,
          })),
        ]
      : null,
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...columns.map((column) => cellOf(object, column, now))],
      object: include === "None" ? null : include === "Object" ? object : partial(object),
    })),
  };
}

const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function columnsOf(type: ResourceType, version: string): readonly PrinterColumn[] {
  const columns = type.versions.find(({ name }) => name === version)?.printerColumns;
  return columns === undefined || columns.length === 0 ? [age] : columns;
}

/** Only metadata. */
export function partial(object: StoredObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

function cellOf(object: StoredObject, { jsonPath, type, value: computed }: PrinterColumn, now: number): unknown {
  if (computed !== undefined) return computed(object);
  const [value] = valuesAt(object, jsonPath);
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (type === "date") return ageText(now - Date.parse(text));
  return type === "string" ? text : value;
}

/** The JSON paths that printer columns use: fields, `['quoted']`, indexes and `[?(@.type=="Ready")]`. */
export function valuesAt(object: unknown, path: string): readonly unknown[] {
  let values: readonly unknown[] = [object];
  for (const { name, index, key, wanted } of stepsOf(path)) {
    values = values.flatMap((value) => {
      if (index !== undefined) return Array.isArray(value) ? (index === "*" ? (value as unknown[]) : [value[Number(index)]]) : [];
      if (key !== undefined) return Array.isArray(value) ? value.filter((item) => valuesAt(item, `.${key}`)[0] === wanted) : [];
      return typeof value === "object" && value !== null ? [(value as Readonly<Record<string, unknown>>)[name]] : [];
    });
  }
  return values.filter((value) => value !== undefined);
}

interface PathStep {
  readonly name: string;
  readonly index: string | undefined;
  readonly key: string | undefined;
  readonly wanted: string | undefined;
}

const pathStep = /\.((?:[\w-]|\\.)+)|\['([^']+)'\]|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]/g;

/** Paths come from the columns and scale subresources of the kinds that are served: there are few. */
const stepsOf = rememberedText((path): readonly PathStep[] =>
  [...path.matchAll(pathStep)].map(([, field, quoted, index, key, wanted]) => ({
    name: (field ?? quoted ?? "").replaceAll("\\", ""),
    index,
    key,
    wanted,
  })),
);

/** Kubernetes' short ages (apimachinery/pkg/util/duration.HumanDuration): two units at most, the smaller only while it tells something. */
export function ageText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return hours % 24 === 0 ? `${Math.floor(hours / 24)}d` : `${Math.floor(hours / 24)}d${hours % 24}h`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24)}d`;
  const years = Math.floor(hours / 24 / 365);
  const days = Math.floor(hours / 24) % 365;
  return hours < 24 * 365 * 8 && days > 0 ? `${years}y${days}d` : `${years}y`;
}
