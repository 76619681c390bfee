// `npm run generate`: docs/api.md, from the CRDs (config/crd). src/operator/api/crds.test.ts holds it to them.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { format } from "prettier";
import { crdFiles } from "./crd-files.ts";
import type { CustomResourceDefinition } from "./schema-table.ts";

type Schema = Readonly<Record<string, unknown>>;

/** In the order in which they are explained; others come after. */
const order = ["UpgradePolicy", "ClusterUpgrade", "ReleaseCatalog"];

const introduction = `# The API

Group \`upgrades.clusterapi-gitops.io/v1alpha1\`. Made from [config/crd](../config/crd) by \`npm run generate\`; \`kubectl explain upgradepolicy.spec\` tells the same. Examples are in
[examples/policies](../examples/policies).

Durations are whole numbers with \`s\`, \`m\`, \`h\` or \`d\`: \`90s\`, \`10m\`, \`1h30m\`, \`3d\`. Times are RFC 3339. Secrets are named, never held, and are read in the operator's namespace,
\`clusterapi-gitops-system\`.

Conditions are those of kstatus, so that \`kubectl wait --for=condition=Ready clusterupgrade/NAME\` waits for the proof: \`Ready\` is always there; \`Reconciling\` while it is on its way or waits for
something; \`Stalled\` when it will not become ready before somebody changes something.
`;

/** The text of docs/api.md. */
export function apiReference(): Promise<string> {
  const definitions = crdFiles().map(({ definition }) => definition);
  const sorted = definitions.toSorted((one, other) => order.indexOf(one.spec.names.kind) - order.indexOf(other.spec.names.kind));
  const kinds = sorted.map(kindText);
  return format([introduction, ...kinds].join("\n"), { parser: "markdown", printWidth: 140 });
}

function kindText({ spec: { names, scope, versions } }: CustomResourceDefinition): string {
  const [version] = versions;
  if (version === undefined) throw new Error(`${names.kind} has no version`);
  const { schema, additionalPrinterColumns = [] } = version;
  const root = schema.openAPIV3Schema;
  const { spec, status } = root["properties"] as Readonly<Record<string, Schema>>;
  const columns = additionalPrinterColumns.map(
    ({ name, priority }) => `\`${String(name).toUpperCase()}\`${priority === 1 ? " (wide)" : ""}`,
  );
  return `## ${names.kind}

${String(root["description"])} ${scope === "Cluster" ? "Belongs to no namespace." : ""} Short name \`${String(names.shortNames)}\`; category \`clusterapi-gitops\`. \`kubectl get\` shows ${columns.join(", ")}.

### spec of ${names.kind}

${table(spec ?? {}, "spec")}
${rulesText(spec ?? {})}
### status of ${names.kind}

${table(status ?? {}, "status")}
`;
}

function table(schema: Schema, path: string): string {
  const rows = rowsBelow(schema, path);
  return ["| field | type | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function rowsBelow(schema: Schema, path: string): readonly string[] {
  const required = new Set((schema["required"] as readonly string[] | undefined) ?? []);
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Schema>>);
  return properties.flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    const items = field["items"] as Schema | undefined;
    const row = `| \`${at}\` | ${typeText(field)}${required.has(name) ? ", required" : ""} | ${cell(String(field["description"]))} |`;
    return [row, ...rowsBelow(field, at), ...(items === undefined ? [] : rowsBelow(items, `${at}[]`))];
  });
}

function typeText(schema: Schema): string {
  const values = schema["enum"] as readonly string[] | undefined;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(", ");
  const items = schema["items"] as Schema | undefined;
  if (items !== undefined)
    return `list of ${items["properties"] === undefined ? typeText(items) : "objects"}, at most ${String(schema["maxItems"])}`;
  if (schema["additionalProperties"] !== undefined) return "map";
  return schema["format"] === "date-time" ? "time" : String(schema["type"]);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Rules that hold several fields against each other. */
function rulesText(schema: Schema): string {
  const rules = rulesBelow(schema, "spec");
  return rules.length === 0 ? "" : `\nRefused by the API server:\n\n${rules.map((rule) => `- ${rule}`).join("\n")}\n`;
}

function rulesBelow(schema: Schema, path: string): readonly string[] {
  const own = ((schema["x-kubernetes-validations"] ?? []) as readonly { readonly message: string }[]).map(
    ({ message }) => `\`${path}\`: ${message}`,
  );
  const items = schema["items"] as Schema | undefined;
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Schema>>);
  return [
    ...own,
    ...properties.flatMap(([name, field]) => rulesBelow(field, `${path}.${name}`)),
    ...(items === undefined ? [] : rulesBelow(items, `${path}[]`)),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync("docs/api.md", await apiReference());
  console.log("docs/api.md");
}
