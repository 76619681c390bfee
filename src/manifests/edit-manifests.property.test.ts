import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { ManifestChange } from "./change.ts";
import { editManifests } from "./edit-manifests.ts";
import { memoryFiles } from "./memory-files.ts";
import type { ObjectIdentity } from "./object-identity.ts";

// Manifests as people write them: the generator renders the same content with any value, so what an edit must give is known without the code under test.

const kinds = [
  { group: "cluster.x-k8s.io", kind: "Cluster", path: ["spec", "topology", "version"] },
  { group: "cluster.x-k8s.io", kind: "MachineDeployment", path: ["spec", "template", "spec", "version"] },
  { group: "cluster.x-k8s.io", kind: "MachinePool", path: ["spec", "template", "spec", "version"] },
  { group: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", path: ["spec", "version"] },
] as const;

interface Style {
  readonly eol: string;
  readonly step: number;
  readonly quote: (value: string) => string;
  readonly beforeValue: string;
  readonly comment: string;
  readonly flow: "block" | "leaf" | "all";
  readonly bom: boolean;
  readonly finalNewline: boolean;
  readonly list: boolean;
  readonly version: "v1beta1" | "v1beta2";
  readonly namespaced: boolean;
  readonly neighbours: readonly string[];
  readonly noise: readonly string[];
  readonly position: number;
}

const quotes: readonly ((value: string) => string)[] = [(value) => value, (value) => `"${value}"`, (value) => `'${value}'`];
const others = [
  "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n  namespace: demo\ndata:\n  cluster.yaml: |\n    kind: Cluster\n    version: v1.34.0\n    ---\n    # not a document\n",
  "# only a comment\n",
  "apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: demo-2, namespace: demo}\nspec: {topology: {version: v1.34.0}}\n",
  "apiVersion: cluster.x-k8s.io/v1beta2\nkind: MachineHealthCheck\nmetadata:\n  name: demo\nspec:\n  clusterName: demo\n",
  'apiVersion: v1\nkind: Secret\nmetadata: {name: größe}\nstringData:\n  a: >-\n    folded\n    text 🚀\n  b: "\\u00fc \\"quoted\\" v1.34.0"\n',
];
const extras = [
  "clusterName: demo # v1.34.0",
  "replicas: 3",
  'variables: [{name: version, value: "v1.34.0"}]',
  "preKubeadmCommands:\n- echo 'version: v1.34.0' && sleep 1   # a long one that nobody may fold again, whatever the width of a line is thought to be by the editor\n- |\n  set -e\n\n  version: v1.34.0",
  "labels: { a: &x 1, b: *x }",
  "emptyValue:",
  "? odd key\n: odd value",
];

const style: fc.Arbitrary<Style> = fc.record({
  eol: fc.constantFrom("\n", "\r\n"),
  step: fc.constantFrom(1, 2, 3, 4),
  quote: fc.constantFrom(...quotes),
  beforeValue: fc.constantFrom(" ", "  ", "     ", "\t"),
  comment: fc.constantFrom("", " # why", "   #no space", "\t# tab", " "),
  flow: fc.constantFrom("block", "block", "leaf", "all"),
  bom: fc.boolean(),
  finalNewline: fc.boolean(),
  list: fc.boolean(),
  version: fc.constantFrom("v1beta1", "v1beta2"),
  namespaced: fc.boolean(),
  neighbours: fc.uniqueArray(fc.constantFrom(...others), { maxLength: 3 }),
  noise: fc.uniqueArray(fc.constantFrom(...extras), { maxLength: 4 }),
  position: fc.nat(3),
});

const versions = fc.record({
  minor: fc.integer({ min: 20, max: 60 }),
  patch: fc.nat(40),
  suffix: fc.constantFrom("", "", "+rke2r1", "-rc.1", "+k3s1", "-eks-1a2b3c4"),
});
const versionText = versions.map(({ minor, patch, suffix }) => `v1.${minor}.${patch}${suffix}`);

function indented(text: string, by: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? "" : by + line))
    .join("\n");
}

/** The object with `value` at `path`, in a style. */
function objectText({ group, kind, path }: (typeof kinds)[number], value: string, style: Style): string {
  const { step, quote, beforeValue, comment, flow, version, namespaced, noise } = style;
  const metadata = `{name: demo${namespaced ? ", namespace: demo" : ""}}`;
  const apiVersion = `${group}/${version}`;
  if (flow === "all") {
    const spec = path.toReversed().reduce((inner, key) => `{${key}: ${inner}}`, quote(value));
    return `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: ${metadata}, ${spec.slice(1)}\n`;
  }
  const unit = " ".repeat(step);
  const lines: string[] = [`apiVersion: ${apiVersion}`, `kind: ${kind}`, `metadata: ${metadata}`];
  const [last = "", ...upper] = path.toReversed();
  const parents = upper.toReversed();
  if (flow === "leaf") {
    const inner = [last, ...upper.slice(0, -1)].reduce((text, key) => `{${key}: ${text}}`, quote(value));
    return [...lines, `${parents[0] ?? ""}: ${inner}${comment}`, ""].join("\n");
  }
  for (const [depth, key] of parents.entries()) lines.push(`${unit.repeat(depth)}${key}:`);
  const at = unit.repeat(parents.length);
  const split = style.position % (noise.length + 1);
  for (const line of noise.slice(0, split)) lines.push(indented(line, at));
  lines.push(`${at}${last}:${beforeValue}${quote(value)}${comment}`);
  for (const line of noise.slice(split)) lines.push(indented(line, at));
  return `${lines.join("\n")}\n`;
}

function fileText(kind: (typeof kinds)[number], value: string, style: Style): string {
  const { neighbours, list, eol, bom, finalNewline, position } = style;
  const own = objectText(kind, value, style);
  const item = `- ${indented(own, "  ").trimStart()}`;
  const document = list ? `apiVersion: v1\nkind: List\nitems:\n${item}` : own;
  const at = position % (neighbours.length + 1);
  const documents = [...neighbours.slice(0, at), document, ...neighbours.slice(at)];
  const text = documents.join("---\n");
  return (bom ? "\uFEFF" : "") + (finalNewline ? text : text.replace(/\n+$/, "")).replaceAll("\n", eol);
}

function changeOf(kind: (typeof kinds)[number], from: string, to: string): ManifestChange {
  const object: ObjectIdentity = { group: kind.group, kind: kind.kind, namespace: "demo", name: "demo" };
  return { kind: "set-scalar", object, path: kind.path, from, to };
}

describe("2,500 manifests as people write them", () => {
  it("1,500 times: exactly the intended bytes change", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), versionText, versionText, style, async (kind, from, to, chosen) => {
        fc.pre(from !== to);
        const before = fileText(kind, from, chosen);
        const result = await editManifests(memoryFiles({ "a.yaml": before }), [changeOf(kind, from, to)], {});
        expect(result).toMatchObject({ kind: "edited" });
        expect(result.kind === "edited" && result.files.get("a.yaml")).toBe(fileText(kind, to, chosen));
      }),
      { numRuns: 1_500 },
    );
  });

  it("1,000 damaged ones: refused untouched, or still exactly the intended value", { timeout: 120_000 }, async () => {
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.nat(12),
      put: fc.constantFrom("", " ", "\n", ":", "- ", "&a ", "*a", "'", '"', "#", "{", "]", "\t", "---\n", "<<: ", "v1.34.0", "|\n"),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), versionText, style, damage, async (kind, from, chosen, { at, drop, put }) => {
        const whole = fileText(kind, from, chosen);
        const offset = Math.floor(at * whole.length);
        const before = whole.slice(0, offset) + put + whole.slice(offset + drop);
        const to = "v9.99.99";
        const result = await editManifests(memoryFiles({ "a.yaml": before }), [changeOf(kind, from, to)], {});
        if (result.kind !== "edited") return;
        const after = result.files.get("a.yaml") ?? "";
        const start = after.indexOf(to);
        // One run of characters was replaced, and it said the old version, perhaps in other quotes.
        expect(after.lastIndexOf(to)).toBe(start);
        const tail = after.length - start - to.length;
        expect(before.slice(0, start).replace(/["']$/, "")).toBe(after.slice(0, start).replace(/["']$/, ""));
        expect(before.slice(start, before.length - tail).replaceAll(/["']/g, "")).toBe(from);
        expect(leaves(after).filter((leaf, index) => leaf !== leaves(before)[index])).toHaveLength(1);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Every scalar with its path, by the library's own reading of the documents. */
function leaves(text: string): readonly string[] {
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (value === null || typeof value !== "object") found.push(`${path}=${JSON.stringify(value)}`);
    else for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`);
  };
  for (const [index, document] of [...parseAllDocuments(text, { merge: true })].entries()) walk(document.toJS(), String(index));
  return found;
}

describe("500 rotations of machine templates", () => {
  const template: ObjectIdentity = {
    group: "infrastructure.cluster.x-k8s.io",
    kind: "DockerMachineTemplate",
    namespace: "demo",
    name: "cp",
  };
  const controlPlane: ObjectIdentity = {
    group: "controlplane.cluster.x-k8s.io",
    kind: "KubeadmControlPlane",
    namespace: "demo",
    name: "cp",
  };

  it("leave every byte of the old text but the reference and the version, and add one document", { timeout: 120_000 }, async () => {
    const shape = fc.record({
      eol: fc.constantFrom("\n", "\r\n"),
      step: fc.constantFrom(2, 4),
      quote: fc.constantFrom(...quotes),
      comments: fc.boolean(),
      finalNewline: fc.boolean(),
      neighbours: fc.uniqueArray(fc.constantFrom(...others), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(versionText, versionText, shape, async (from, to, { eol, step, quote, comments, finalNewline, neighbours }) => {
        fc.pre(from !== to);
        const unit = " ".repeat(step);
        const note = comments ? "  # note" : "";
        const templateText = (name: string, version: string): string =>
          `${comments ? "# immutable\n" : ""}apiVersion: infrastructure.cluster.x-k8s.io/v1beta2\nkind: DockerMachineTemplate\nmetadata:\n${unit}name: ${name}${note}\n${unit}namespace: demo\nspec:\n${unit}template:\n${unit}${unit}spec:\n${unit}${unit}${unit}customImage: ${quote(`kindest/node:${version}`)}${note}\n`;
        const controlPlaneText = (name: string, version: string): string =>
          `apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: KubeadmControlPlane\nmetadata: {name: cp, namespace: demo}\nspec:\n${unit}version: ${quote(version)}${note}\n${unit}machineTemplate: {spec: {infrastructureRef: {kind: DockerMachineTemplate, name: ${name}}}}\n`;
        const file = (documents: readonly string[]): string =>
          (finalNewline ? documents.join("---\n") : documents.join("---\n").trimEnd()).replaceAll("\n", eol);
        const before = file([...neighbours, templateText("cp", from), controlPlaneText("cp", from)]);
        const changes: readonly ManifestChange[] = [
          {
            kind: "rotate-template",
            template,
            newNamePrefix: "cp",
            set: [{ path: ["spec", "template", "spec", "customImage"], from: `kindest/node:${from}`, to: `kindest/node:${to}` }],
            repoint: [{ object: controlPlane, path: ["spec", "machineTemplate", "spec", "infrastructureRef", "name"] }],
          },
          { kind: "set-scalar", object: controlPlane, path: ["spec", "version"], from, to },
        ];
        const result = await editManifests(memoryFiles({ "a.yaml": before }), changes, {});
        const name = result.kind === "edited" ? (result.newTemplates[0]?.name ?? "") : "";
        expect(name).toMatch(/^cp-[0-9a-f]{8}$/);
        expect(result.kind === "edited" && result.files.get("a.yaml")).toBe(
          file([...neighbours, templateText("cp", from), templateText(name, to), controlPlaneText(name, to)]),
        );
      }),
      { numRuns: 500 },
    );
  });
});
