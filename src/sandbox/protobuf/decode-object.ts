import { groupOf } from "../api/resource-type.ts";
import { kubernetesMessages } from "./kubernetes-messages.ts";
import { wireFields, type WireField } from "./wire.ts";

interface FieldType {
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly keepsZero: boolean;
}

type Decoded = Record<string, unknown>;

const messages = new Map<string, ReadonlyMap<number, FieldType>>();

/** What Kubernetes' protobuf begins with (apimachinery/pkg/runtime/serializer/protobuf). */
const magic = Buffer.from("k8s\0");

const packages: Readonly<Record<string, string>> = { "": "core", v1: "core", "meta.k8s.io": "meta" };

/**
 * An object that a client sent in protobuf, as JSON would tell it: kubectl and Go's typed clients send Kubernetes' own kinds so. Undefined for kinds that are not known here. Throws for what
 * is no such message.
 */
export function decodeObject(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!body.subarray(0, 4).equals(magic))
    throw new Error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  let raw: Buffer = Buffer.alloc(0);
  let apiVersion = "";
  let kind = "";
  for (const { field, bytes } of wireFields(body.subarray(4))) {
    if (field === 2) raw = bytes;
    if (field !== 1) continue;
    for (const part of wireFields(bytes)) {
      if (part.field === 1) apiVersion = part.bytes.toString("utf8");
      if (part.field === 2) kind = part.bytes.toString("utf8");
    }
  }
  const group = groupOf(apiVersion);
  const message = `${kind === "DeleteOptions" ? "meta" : (packages[group] ?? group.split(".")[0])}.${kind}`;
  return kubernetesMessages[message] === undefined ? undefined : { apiVersion, kind, ...decodeMessage(message, raw) };
}

function fieldsOf(message: string): ReadonlyMap<number, FieldType> {
  let fields = messages.get(message);
  if (fields === undefined) {
    fields = new Map(
      (kubernetesMessages[message] ?? "").split(",").map((text) => {
        const [number, name = "", shown = ""] = text.split(" ");
        const keepsZero = shown.endsWith("!");
        const listed = keepsZero ? shown.slice(0, -1) : shown;
        const list = listed.endsWith("*");
        return [Number(number), { name, type: list ? listed.slice(0, -1) : listed, list, keepsZero }];
      }),
    );
    messages.set(message, fields);
  }
  return fields;
}

function decodeMessage(message: string, bytes: Buffer): Decoded {
  const result: Decoded = {};
  const fields = fieldsOf(message);
  for (const part of wireFields(bytes)) {
    const field = fields.get(part.field);
    if (field === undefined) continue;
    const { name, type, list, keepsZero } = field;
    if (type.startsWith("map:")) {
      const [key, value] = decodeEntry(type.slice("map:".length), part.bytes);
      ((result[name] ??= {}) as Decoded)[key] = value;
      continue;
    }
    const value = decodeValue(type, part);
    if (list) ((result[name] ??= []) as unknown[]).push(value);
    else if (name === "^") Object.assign(result, value);
    else if (value !== undefined && (keepsZero || !isZero(value))) result[name] = value;
  }
  return result;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

function decodeEntry(type: string, bytes: Buffer): readonly [string, unknown] {
  let key = "";
  let value: unknown = zeroOf(type);
  for (const part of wireFields(bytes)) {
    if (part.field === 1) key = part.bytes.toString("utf8");
    else value = decodeValue(type, part);
  }
  return [key, value];
}

function zeroOf(type: string): unknown {
  return type === "string" || type === "bytes" || type === "quantity" ? "" : {};
}

function decodeValue(type: string, { number, bytes }: WireField): unknown {
  switch (type) {
    case "string":
      return bytes.toString("utf8");
    case "bytes":
      return bytes.toString("base64");
    case "bool":
      return number !== 0n;
    case "int":
      return Number(BigInt.asIntN(64, number));
    case "double":
      return bytes.readDoubleLE();
    case "time":
      return timeOf(bytes);
    case "duration":
      return `${Number(firstOf(bytes)?.number ?? 0n) / 1e9}s`;
    case "quantity":
      return firstOf(bytes)?.bytes.toString("utf8") ?? "";
    case "json":
      return JSON.parse(firstOf(bytes)?.bytes.toString("utf8") ?? "null");
    case "int-or-string":
      return intOrString(bytes);
    default:
      if (!type.startsWith("list:")) return decodeMessage(type, bytes);
      return [...wireFields(bytes)].map((part) => decodeValue(type.slice("list:".length), part));
  }
}

function firstOf(bytes: Buffer): WireField | undefined {
  return [...wireFields(bytes)].find(({ field }) => field === 1);
}

/** RFC 3339, with a fraction where there is one; undefined for Go's zero time. */
function timeOf(bytes: Buffer): string | undefined {
  let milliseconds = 0;
  let nanoseconds = 0;
  for (const { field, number } of wireFields(bytes)) {
    if (field === 1) milliseconds = Number(BigInt.asIntN(64, number)) * 1000;
    else nanoseconds = Number(number);
  }
  if (milliseconds === 0 && nanoseconds === 0) return undefined;
  const fraction = nanoseconds === 0 ? "" : `.${String(Math.floor(nanoseconds / 1000)).padStart(6, "0")}`;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}${fraction}Z`;
}

function intOrString(bytes: Buffer): number | string {
  let [kind, int, string] = [0, 0, ""];
  for (const { field, number, bytes: text } of wireFields(bytes)) {
    if (field === 1) kind = Number(number);
    else if (field === 2) int = Number(BigInt.asIntN(32, number));
    else string = text.toString("utf8");
  }
  return kind === 0 ? int : string;
}
