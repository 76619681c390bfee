import { describe, expect, it } from "vitest";
import type { ManifestChange } from "./change.ts";
import { editManifests, locateField } from "./edit-manifests.ts";
import { memoryFiles } from "./memory-files.ts";
import type { ObjectIdentity } from "./object-identity.ts";

const cluster: ObjectIdentity = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "demo", name: "demo" };
const version = ["spec", "topology", "version"];
const toNew: ManifestChange = { kind: "set-scalar", object: cluster, path: version, from: "v1.34.0", to: "v1.35.2" };

const head = "apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\n";

/** Runs one edit of one file; gives its new text or the reason of the refusal. */
async function edit(text: string, changes: readonly ManifestChange[] = [toNew], more: Record<string, string> = {}): Promise<string> {
  const result = await editManifests(memoryFiles({ "clusters/demo.yaml": text, ...more }), changes, {});
  if (result.kind === "refused") return `refused: ${result.refusal.reason}`;
  return result.kind === "unchanged" ? "unchanged" : (result.files.get("clusters/demo.yaml") ?? "another file");
}

describe("a topology's version is one scalar, whatever is around it", () => {
  it.each([
    ["plain with a comment", `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: v1.34.0   # why\n`],
    ["double quotes", `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: "v1.34.0"\n`],
    ["single quotes", `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: 'v1.34.0'\n`],
    [
      "flow style",
      `{apiVersion: cluster.x-k8s.io/v1beta2, kind: Cluster, metadata: {name: demo, namespace: demo}, spec: {topology: {version: v1.34.0}}}\n`,
    ],
    [
      "JSON",
      `{"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "metadata": {"name": "demo", "namespace": "demo"}, "spec": {"topology": {"version": "v1.34.0"}}}`,
    ],
    [
      "CRLF",
      `${head}metadata:\n  name: demo\n  namespace: demo\nspec:\n  topology:\n    version: v1.34.0\n    x: 1\n`.replaceAll("\n", "\r\n"),
    ],
    ["a byte order mark", `\uFEFF${head}metadata:\n  name: demo\n  namespace: demo\nspec:\n  topology:\n    version: v1.34.0\n`],
    ["no newline at the end", `${head}metadata:\n  name: demo\n  namespace: demo\nspec:\n  topology:\n    version: v1.34.0`],
    [
      "emoji before it",
      `# 🚀 größe\n${head}metadata: {name: demo, namespace: demo, labels: {x: "🎉"}}\nspec:\n  topology:\n    version: v1.34.0\n`,
    ],
    ["no namespace in the manifest", `${head}metadata:\n  name: demo\nspec:\n  topology: {version: v1.34.0}\n`],
    [
      "the older contract",
      `apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    class: x\n    version: v1.34.0\n`,
    ],
    ["quoted keys", `${head}metadata: {"name": demo, 'namespace': demo}\nspec:\n  "topology":\n    "version": v1.34.0\n`],
    ["a tag", `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: !!str v1.34.0\n`],
    ["an anchor nobody uses", `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: &v v1.34.0\n`],
    [
      "a directive and an end marker",
      `%YAML 1.2\n---\n${head}metadata: {name: demo, namespace: demo}\nspec: {topology: {version: v1.34.0}}\n...\n`,
    ],
    [
      "documents around it",
      `kind: Namespace\napiVersion: v1\nmetadata: {name: demo}\n---\n${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: v1.34.0\n---\n# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: |\n    ---\n    version: v1.33.9\n`,
    ],
    [
      "a List",
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: x}\n- apiVersion: cluster.x-k8s.io/v1beta2\n  kind: Cluster\n  metadata: {name: demo, namespace: demo}\n  spec:\n    topology: {version: v1.34.0}\n`,
    ],
    ["explicit keys", `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    ? version\n    : v1.34.0\n`],
    ["tabs as separators", `${head}metadata:\t{name: demo, namespace: demo}\nspec:\n  topology:\n    version:\tv1.34.0\t# tab\n`],
  ])("%s", async (_, text) => {
    expect(await edit(text)).toBe(text.replace("v1.34.0", "v1.35.2"));
  });
});

describe("what is refused, and leaves the file as it is", () => {
  const spec = "metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: ";
  it.each([
    ["ManifestNotFound", `${head}metadata: {name: other, namespace: demo}\nspec: {topology: {version: v1.34.0}}\n`],
    ["ManifestNotFound", `${head}metadata: {name: demo, namespace: other}\nspec: {topology: {version: v1.34.0}}\n`],
    [
      "ManifestNotFound",
      `apiVersion: other.example.com/v1\nkind: Cluster\nmetadata: {name: demo, namespace: demo}\nspec: {topology: {version: v1.34.0}}\n`,
    ],
    ["ManifestAmbiguous", `${head}${spec}v1.34.0\n---\n${head}${spec}v1.34.0\n`],
    ["ManifestFieldMissing", `${head}metadata: {name: demo, namespace: demo}\nspec: {}\n`],
    ["ManifestFieldMissing", `${head}${spec}\n`],
    ["ManifestValueUnexpected", `${head}${spec}v1.33.0\n`],
    ["ManifestIsTemplate", `${head}${spec}\${KUBERNETES_VERSION}\n`],
    [
      "ManifestIsTemplate",
      `${head}metadata: {name: demo, namespace: demo}\nspec:\n{{ if .Values.x }}\n  topology: {version: v1.34.0}\n{{ end }}\n`,
    ],
    ["ManifestNotYaml", `${head}${spec}v1.34.0\n   bad: [\n`],
    ["ManifestNotYaml", `${head}${spec}v1.34.0\n    version: v1.34.0\n`],
    [
      "ManifestEditUnsafe",
      `${head}metadata: {name: demo, namespace: demo}\nspec:\n  topology:\n    version: &v v1.34.0\n    variables: [{name: v, value: *v}]\n`,
    ],
    [
      "ManifestEditUnsafe",
      `${head}metadata: {name: demo, namespace: demo, labels: {version: &v v1.34.0}}\nspec:\n  topology:\n    version: *v\n`,
    ],
    [
      "ManifestEditUnsafe",
      `${head}metadata: {name: demo, namespace: demo}\nx: &base {version: v1.34.0}\nspec:\n  topology:\n    <<: *base\n`,
    ],
    ["ManifestNotEditable", `${head}${spec}|-\n      v1.34.0\n`],
    ["ManifestNotEditable", `${head}${spec}>-\n      v1.34.0\n`],
  ])("%s", async (reason, text) => {
    expect(await edit(text)).toBe(`refused: ${reason}`);
  });

  it("names both places of an ambiguity", async () => {
    const text = `${head}${spec}v1.34.0\n`;
    const result = await editManifests(memoryFiles({ "a.yaml": text, "b/c.yml": `# x\n${text}` }), [toNew], {});
    expect(result).toMatchObject({ kind: "refused", refusal: { evidence: ["a.yaml:1", "b/c.yml:2"] } });
    const inB = await editManifests(memoryFiles({ "a.yaml": text, "b/c.yml": text }), [toNew], { directory: "b" });
    expect(inB).toMatchObject({ kind: "edited", changed: [{ file: "b/c.yml", line: 6, before: "v1.34.0", after: "v1.35.2" }] });
  });

  it("is unchanged when the manifest says so already", async () => {
    expect(await edit(`${head}${spec}v1.35.2\n`)).toBe("unchanged");
  });
});

describe("aliases that are all meant", () => {
  it("edits the anchored scalar when every field that reads it is to change", async () => {
    const pool: ObjectIdentity = { group: "cluster.x-k8s.io", kind: "MachineDeployment", namespace: "demo", name: "pool" };
    const text = [
      "apiVersion: v1",
      "kind: List",
      "items:",
      "- apiVersion: cluster.x-k8s.io/v1beta2",
      "  kind: Cluster",
      "  metadata: {name: demo, namespace: demo}",
      "  spec: {topology: {version: &v v1.34.0}}",
      "- apiVersion: cluster.x-k8s.io/v1beta2",
      "  kind: MachineDeployment",
      "  metadata: {name: pool, namespace: demo}",
      "  spec: {template: {spec: {version: *v}}}",
      "",
    ].join("\n");
    const both: readonly ManifestChange[] = [
      toNew,
      { kind: "set-scalar", object: pool, path: ["spec", "template", "spec", "version"], to: "v1.35.2" },
    ];
    expect(await edit(text, both)).toBe(text.replace("&v v1.34.0", "&v v1.35.2"));
    expect(await edit(text)).toBe("refused: ManifestEditUnsafe");
  });
});

describe("rotating a machine template", () => {
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
  const image = ["spec", "template", "spec", "customImage"];
  const reference = ["spec", "machineTemplate", "spec", "infrastructureRef", "name"];
  const rotate: ManifestChange = {
    kind: "rotate-template",
    template,
    newNamePrefix: "cp",
    set: [{ path: image, from: "kindest/node:v1.34.0", to: "kindest/node:v1.35.2" }],
    repoint: [{ object: controlPlane, path: reference }],
  };
  const setVersion: ManifestChange = {
    kind: "set-scalar",
    object: controlPlane,
    path: ["spec", "version"],
    from: "v1.34.0",
    to: "v1.35.2",
  };
  const templateText = `# immutable\napiVersion: infrastructure.cluster.x-k8s.io/v1beta2\nkind: DockerMachineTemplate\nmetadata:\n  name: cp # the control plane's\n  namespace: demo\nspec:\n  template:\n    spec:\n      customImage: "kindest/node:v1.34.0"\n`;
  const controlPlaneText = `apiVersion: controlplane.cluster.x-k8s.io/v1beta2\nkind: KubeadmControlPlane\nmetadata: {name: cp, namespace: demo}\nspec:\n  version: v1.34.0\n  machineTemplate:\n    spec:\n      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachineTemplate, name: cp}\n`;
  // sha256 of {"template":{"spec":{"customImage":"kindest/node:v1.35.2"}}}, by `sha256sum`.
  const name = "cp-3fac818d";
  const newTemplate = templateText.replace("name: cp #", `name: ${name} #`).replace("v1.34.0", "v1.35.2");
  const newControlPlane = controlPlaneText.replace("version: v1.34.0", "version: v1.35.2").replace("name: cp}\n", `name: ${name}}\n`);

  it("adds the new one after the old one, comments and all, and moves reference and version together", async () => {
    expect(await edit(`${templateText}---\n${controlPlaneText}`, [rotate, setVersion])).toBe(
      `${templateText}---\n${newTemplate}---\n${newControlPlane}`,
    );
  });

  it("does so across files, without a final newline, and with CRLF", async () => {
    const result = await editManifests(
      memoryFiles({ "t.yaml": templateText.trimEnd(), "cp.yaml": controlPlaneText.replaceAll("\n", "\r\n") }),
      [rotate, setVersion],
      {},
    );
    expect(result.kind === "edited" && Object.fromEntries(result.files)).toEqual({
      "t.yaml": `${templateText}---\n${newTemplate.trimEnd()}`,
      "cp.yaml": newControlPlane.replaceAll("\n", "\r\n"),
    });
    expect(result.kind === "edited" && result.newTemplates).toEqual([{ old: template, name }]);
  });

  it("is unchanged the second time", async () => {
    const once = await edit(`${templateText}---\n${controlPlaneText}`, [rotate, setVersion]);
    expect(await edit(once, [rotate, setVersion])).toBe("unchanged");
  });

  it("sets images that name no version, in an annotation and in a list, and is unchanged the second time", async () => {
    const opaque = templateText.replace(
      '    spec:\n      customImage: "kindest/node:v1.34.0"',
      "    metadata: {annotations: {example.com/image: ami-1}}\n    spec:\n      volumes:\n        - image: ami-1 # the disk",
    );
    const set = [["metadata", "annotations", "example.com/image"] as const, ["spec", "volumes", 0, "image"] as const].map((path) => ({
      path: ["spec", "template", ...path],
      from: "ami-1",
      to: "ami-2",
    }));
    const changes = [{ ...rotate, set }, setVersion];
    const once = await edit(`${opaque}---\n${controlPlaneText}`, changes);
    // sha256 of {"template":{"metadata":{"annotations":{"example.com/image":"ami-2"}},"spec":{"volumes":[{"image":"ami-2"}]}}}, by `sha256sum`.
    const copied = opaque.replace("name: cp #", "name: cp-11186d51 #").replaceAll("ami-1", "ami-2");
    expect(once).toBe(`${opaque}---\n${copied}---\n${newControlPlane.replace(name, "cp-11186d51")}`);
    expect(await edit(once, changes)).toBe("unchanged");
  });

  it("works on the items of a List", async () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: infrastructure.cluster.x-k8s.io/v1beta2\n    kind: DockerMachineTemplate\n    metadata: {name: cp, namespace: demo}\n    spec:\n      template:\n        spec: {customImage: kindest/node:v1.34.0}\n  # the rest\n`;
    const item = `  - apiVersion: infrastructure.cluster.x-k8s.io/v1beta2\n    kind: DockerMachineTemplate\n    metadata: {name: ${name}, namespace: demo}\n    spec:\n      template:\n        spec: {customImage: kindest/node:v1.35.2}\n`;
    const result = await editManifests(memoryFiles({ "t.yaml": list, "cp.yaml": controlPlaneText }), [rotate, setVersion], {});
    expect(result.kind === "edited" && result.files.get("t.yaml")).toBe(list.replace("  # the rest\n", `${item}  # the rest\n`));
  });

  it("takes the old one out only when nothing refers to it", async () => {
    const remove: ManifestChange = { kind: "delete-object", object: template };
    expect(await edit(`${templateText}---\n${controlPlaneText}`, [remove])).toBe("refused: ManifestStillReferenced");
    expect(await edit(`${templateText}---\n${newTemplate}---\n${newControlPlane}`, [remove])).toBe(
      `---\n${newTemplate}---\n${newControlPlane}`,
    );
  });

  it.each([
    ["TemplateNotCopyable", templateText.replace("  namespace: demo", "  namespace: demo\n  resourceVersion: '7'")],
    ["ManifestNotEditable", templateText.replace("customImage", "other")],
  ])("%s", async (reason, text) => {
    expect(await edit(`${text}---\n${controlPlaneText}`, [rotate, setVersion])).toBe(`refused: ${reason}`);
  });
});

describe("locating", () => {
  it("gives file, line and value", async () => {
    const files = memoryFiles({
      "x/demo.yaml": `${head}metadata: {name: demo}\nspec:\n  topology:\n    version: v1.34.0\n`,
      "README.md": "demo Cluster",
    });
    expect(await locateField(files, cluster, version, {})).toEqual({
      kind: "found",
      location: { file: "x/demo.yaml", line: 6, through: [], value: "v1.34.0" },
    });
  });
});
