/**
 * Writes src/sandbox/protobuf/kubernetes-messages.ts: numbers, names and types of the fields of Kubernetes' own kinds, from the tags of their Go types.
 *
 *     npx tsx scripts/bundle-protobuf-fields.ts [FOLDER_OF_GO_MODULES] && npx prettier --write src/sandbox/protobuf
 */
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const version = "v0.36.3";
const modules = process.argv[2] ?? join(homedir(), "go/pkg/mod");
const packages: Readonly<Record<string, string>> = {
  meta: `k8s.io/apimachinery@${version}/pkg/apis/meta/v1`,
  core: `k8s.io/api@${version}/core/v1`,
  apps: `k8s.io/api@${version}/apps/v1`,
  policy: `k8s.io/api@${version}/policy/v1`,
  coordination: `k8s.io/api@${version}/coordination/v1`,
  rbac: `k8s.io/api@${version}/rbac/v1`,
  storage: `k8s.io/api@${version}/storage/v1`,
  autoscaling: `k8s.io/api@${version}/autoscaling/v1`,
  authorization: `k8s.io/api@${version}/authorization/v1`,
  authentication: `k8s.io/api@${version}/authentication/v1`,
};
/** What clients send: everything that these are made of is written. */
const roots = {
  meta: ["DeleteOptions"],
  core: "Namespace ConfigMap Secret ServiceAccount Service Event Node Pod PersistentVolume PersistentVolumeClaim".split(" "),
  apps: ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"],
  policy: ["PodDisruptionBudget", "Eviction"],
  coordination: ["Lease"],
  rbac: ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
  storage: ["VolumeAttachment"],
  autoscaling: ["Scale"],
  authorization: ["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview", "LocalSubjectAccessReview"],
  authentication: ["SelfSubjectReview"],
};
/** Types whose JSON is not that of a message with their fields. */
const special: Readonly<Record<string, string>> = {
  "meta.Time": "time",
  "meta.MicroTime": "time",
  "meta.Duration": "duration",
  "meta.FieldsV1": "json",
  "resource.Quantity": "quantity",
  "intstr.IntOrString": "int-or-string",
  "runtime.RawExtension": "json",
};
const scalars: Readonly<Record<string, string>> = {
  string: "string",
  bool: "bool",
  int32: "int",
  int64: "int",
  float64: "double",
  "types.UID": "string",
  "[]byte": "bytes",
};

const sources = new Map<string, string>();
for (const [name, path] of Object.entries(packages)) sources.set(name, readFileSync(join(modules, path, "types.go"), "utf8"));

/** The right side of `type X …`. */
function definition(pack: string, name: string): string | undefined {
  const source = sources.get(pack);
  return source === undefined
    ? undefined
    : new RegExp(`^\\s*(?:type )?${name} (struct \\{\\n[^]*?\\n\\}|[\\w.\\[\\]*]+)$`, "m").exec(source)?.[1];
}

const messages = new Map<string, string>();

/** How a Go type stands in the table. */
function typeOf(pack: string, go: string): string {
  const plain = go.replace(/^\*/, "");
  if (scalars[plain] !== undefined) return scalars[plain];
  const list = /^\[\](.+)$/.exec(plain);
  if (list !== null) return `${typeOf(pack, list[1]!)}*`;
  const map = /^map\[[\w.]+\](.+)$/.exec(plain);
  if (map !== null) return `map:${typeOf(pack, map[1]!)}`;
  const [, prefix = "", name = ""] = /^(?:(\w+)\.)?(\w+)$/.exec(plain) ?? [];
  const home = prefix === "" ? pack : prefix === "v1" ? "core" : prefix.replace(/v1$/, "");
  const qualified = `${home}.${name}`;
  if (special[qualified] !== undefined) return special[qualified];
  const text = definition(home, name);
  if (text === undefined) throw new Error(`${qualified} (in ${pack}) is not known`);
  if (!text.startsWith("struct")) {
    const resolved = typeOf(home, text);
    // A list with a name of its own is a message with `items`.
    return resolved.endsWith("*") ? `list:${resolved.slice(0, -1)}` : resolved;
  }
  add(home, name, text);
  return qualified;
}

function add(pack: string, name: string, text: string): void {
  const qualified = `${pack}.${name}`;
  if (messages.has(qualified)) return;
  messages.set(qualified, "");
  const fields: string[] = [];
  for (const [, go = "", tags = ""] of text.matchAll(/^\s*(?:\w+\s+)?([\w.[\]*]+)\s+`(.*)`/gm)) {
    const protobuf = /protobuf:"\w+,(\d+),/.exec(tags);
    const [json = "", ...options] = (/json:"([^"]*)"/.exec(tags)?.[1] ?? "").split(",");
    if (protobuf === null || json === "-") continue;
    const keepsZero = go.startsWith("*") || !options.includes("omitempty");
    fields.push([protobuf[1], json === "" ? "^" : json, typeOf(pack, go) + (keepsZero ? "!" : "")].join(" "));
  }
  messages.set(qualified, fields.join(","));
}

for (const [pack, names] of Object.entries(roots)) {
  for (const name of names) add(pack, name, definition(pack, name) ?? "");
}
const lines = [...messages]
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([name, fields]) => `  ${JSON.stringify(name)}: ${JSON.stringify(fields)},`);
writeFileSync(
  join(import.meta.dirname, "../src/sandbox/protobuf/kubernetes-messages.ts"),
  `// Generated by scripts/bundle-protobuf-fields.ts from the field tags of k8s.io/api and k8s.io/apimachinery ${version} (Apache-2.0).
/** Of each message: number, JSON name (^: the fields stand in the message around it) and type of the fields; * is a list, ! keeps zero values. */
export const kubernetesMessages: Readonly<Record<string, string>> = {
${lines.join("\n")}
};
`,
);
console.log(`${messages.size} messages`);
