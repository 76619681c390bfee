import { describe, expect, it } from "vitest";
import type { Refusal } from "../refusal.ts";
import type { ManifestChange } from "./change.ts";
import { editManifests, locateField } from "./edit-manifests.ts";
import { locateObject } from "./locate-object.ts";
import { memoryFiles } from "./memory-files.ts";
import { plainSource } from "./plain/plain-source.ts";
import type { FieldResult, ManifestSource, SourcedObject, SourceResult } from "./source.ts";

const wanted = { group: "example.com", kind: "Template", namespace: "demo", name: "cp" };
const own = "apiVersion: example.com/v1\nkind: Template\nmetadata: {name: cp, namespace: demo}\nspec: {version: v1}\n";
const because = (reason: string): Refusal => ({ reason, message: `${reason}.`, remedy: "None." });
const version: FieldResult = {
  kind: "found",
  value: "v1",
  place: { file: "a.yaml", document: 0, path: ["spec", "version"], line: 4 },
  through: [],
};

function object(where: string, more: Partial<SourcedObject> = {}): SourceResult {
  return { kind: "found", object: { where, written: undefined, writtenName: "cp", field: () => version, entry: () => undefined, ...more } };
}
function source(result: SourceResult, more: Partial<ManifestSource> = {}): ManifestSource {
  return { name: "stub", locate: () => Promise.resolve(result), ...more };
}
const absent = (hints: readonly string[] = [], otherwise?: Refusal): ManifestSource =>
  source({ kind: "absent", hints, ...(otherwise === undefined ? {} : { otherwise }) });

async function outcome(sources: readonly ManifestSource[], directory?: string): Promise<unknown> {
  const result = await locateObject(sources, memoryFiles({ "a.yaml": own }), wanted, directory === undefined ? {} : { directory });
  return result.kind === "found" ? result.object.where : result.refusal;
}

describe("the styles together", () => {
  it("give the one that has it", async () => {
    expect(await outcome([absent(["a remote base"], because("X")), source(object("here")), absent()])).toBe("here");
  });
  it("refuse two that have it", async () => {
    const refusal = {
      reason: "ManifestAmbiguous",
      message: "Template demo/cp is declared by a and by b. Only one of them can be what is applied.",
    };
    expect(await outcome([source(object("a")), source(object("b"))])).toMatchObject({ ...refusal, evidence: ["a", "b"] });
  });
  it("refuse what one refuses, even where another has it", async () => {
    expect(await outcome([source(object("a")), source({ kind: "refused", refusal: because("X") })])).toEqual(because("X"));
  });
  it("say what the first knows better", async () => {
    expect(await outcome([absent(), absent(["h"], because("First")), absent([], because("Second"))])).toEqual(because("First"));
  });
  it("name all hints, and the folder", async () => {
    expect(await outcome([absent(["one"]), absent(["two"])], "apps")).toMatchObject({
      reason: "ManifestNotFound",
      message:
        "No manifest in apps of the repository declares Template demo/cp. It could come from one, two, which cannot be seen from here.",
      evidence: ["one", "two"],
    });
    const none = await outcome([absent()]);
    expect(none).toMatchObject({ message: "No manifest in the repository declares Template demo/cp." });
    expect(none).not.toHaveProperty("evidence");
  });
  it("leave the files that one takes in to it, with and without search", async () => {
    const governs = () => Promise.resolve((file: string) => file === "a.yaml");
    const kustomize = source({ kind: "absent", hints: [] }, { governs });
    const files = memoryFiles({ "a.yaml": own, "b.yaml": own });
    for (const searching of [files, { ...files, search: () => files.list() }]) {
      const result = await locateObject([kustomize, plainSource], searching, wanted, {});
      expect(result).toMatchObject({ kind: "found", object: { where: "b.yaml" } });
      expect(await locateObject([plainSource], searching, wanted, {})).toMatchObject({ kind: "refused" });
    }
  });
});

describe("plain manifests", () => {
  const change: ManifestChange = { kind: "set-scalar", object: wanted, path: ["spec", "version"], to: "v2" };
  it.each([
    ["the exact namespace wins over none", own, own.replace(", namespace: demo", "").replace("v1}", "v0}"), "a.yaml"],
    ["a name that goes on is another", own.replace("name: cp", "name: cp-1").replace("v1}", "cp}"), own, "b.yaml"],
    ["a broken file that names it does not matter where it is found", `${own}x: [\n`, own, "b.yaml"],
  ])("%s", async (_, a, b, where) => {
    const result = await locateObject([plainSource], memoryFiles({ "a.yaml": a, "b.yaml": b }), wanted, {});
    expect(result.kind === "found" && result.object.where).toBe(where);
  });
  it.each(["x-cp", "cp-x", "x.cp"])("do not read a file that only has %s", async (name) => {
    const broken = `${own.replace("name: cp", `name: ${name}`)}x: [\n`;
    const result = await locateObject([plainSource], memoryFiles({ "a.yaml": broken }), wanted, {});
    expect(result).toMatchObject({ refusal: { reason: "ManifestNotFound" } });
  });
  it("quotes dots in names", async () => {
    const dotted = { ...wanted, name: "c.p" };
    expect(await locateObject([plainSource], memoryFiles({ "a.yaml": `${own}x: [cxp\n` }), dotted, {})).toMatchObject({
      refusal: { reason: "ManifestNotFound" },
    });
  });
  it.each([
    ["ManifestFieldMissing", "Template demo/cp in a.yaml:1 has no spec.version.", own.replace("v1}", "{}}")],
    ["ManifestFieldMissing", "Template demo/cp in a.yaml:1 has no spec.version.", own.replace("v1}", "~}")],
    ["ManifestIsTemplate", "Template demo/cp spec.version is v${X} in a.yaml:4", own.replace("v1}", '"v${X}"}')],
    ["ManifestIsTemplate", "something fills in {{", own.replace("v1}", '"{{ .x }}"}')],
  ])("%s: %s", async (reason, message, text) => {
    const result = await editManifests(memoryFiles({ "a.yaml": text }), [change], {}, [plainSource]);
    expect(result).toMatchObject({ kind: "refused", refusal: { reason } });
    expect(result.kind === "refused" && result.refusal.message).toContain(message);
  });
  it("tells a field's refusal, and an object's", async () => {
    const files = memoryFiles({ "a.yaml": own });
    expect(await locateField(files, wanted, ["spec", "x"], {}, [plainSource])).toMatchObject({
      refusal: { reason: "ManifestFieldMissing" },
    });
    expect(await locateField(files, { ...wanted, name: "x" }, ["spec"], {}, [plainSource])).toMatchObject({
      refusal: { reason: "ManifestNotFound" },
    });
  });
  it("reads numbers as they are written", async () => {
    const files = memoryFiles({ "a.yaml": own.replace("v1}", "1.30}") });
    expect(await locateField(files, wanted, ["spec", "version"], {}, [plainSource])).toMatchObject({ location: { value: "1.30" } });
  });
});

describe("changes that cannot be made", () => {
  const set: ManifestChange = { kind: "set-scalar", object: wanted, path: ["spec", "version"], to: "v2" };
  const rotate: ManifestChange = {
    kind: "rotate-template",
    template: wanted,
    newNamePrefix: "cp",
    set: [{ path: ["spec", "version"], from: "v1", to: "v2" }],
    repoint: [],
  };
  const remove: ManifestChange = { kind: "delete-object", object: wanted };
  const written = { file: "a.yaml", document: 0, path: [] };
  const list = `apiVersion: v1\nkind: List\nitems:\n- ${own.trimEnd().replaceAll("\n", "\n  ")}\n`;

  async function refusal(text: string, change: ManifestChange, sources: readonly ManifestSource[], file = "a.yaml"): Promise<string> {
    const result = await editManifests(memoryFiles({ [file]: text }), [change], {}, sources);
    return result.kind === "refused" ? `${result.refusal.reason}: ${result.refusal.message}` : result.kind;
  }

  it.each<[string, string, ManifestChange, SourceResult, string]>([
    [
      "a renamed template",
      own,
      rotate,
      object("o", { writtenName: "x", written }),
      "TemplateNotCopyable: Template demo/cp is written as x in o",
    ],
    [
      "a template that is nowhere",
      own,
      rotate,
      object("chart"),
      "TemplateNotCopyable: Template demo/cp cannot be copied to a new machine template: it is not written as a manifest in chart.",
    ],
    ["a document that is gone", own, rotate, object("a.yaml", { written: { ...written, document: 2 } }), "it is not written as a manifest"],
    [
      "a template that is a list",
      own,
      rotate,
      object("a.yaml", { written: { ...written, path: ["kind"] } }),
      "it is not written as a manifest",
    ],
    [
      "a value that is a part",
      own,
      set,
      object("o", { field: () => ({ ...version, write: () => undefined }) }),
      "ManifestNotEditable: Template demo/cp spec.version cannot become v2 by changing a.yaml:4",
    ],
    [
      "an object of a chart to remove",
      own,
      remove,
      object("chart"),
      "ManifestNotEditable: Template demo/cp in chart is not a document of its own",
    ],
    ["a field that is refused", own, set, object("o", { field: () => ({ kind: "refused", refusal: because("No") }) }), "No: No."],
    ["a file that is not YAML", "a: [", set, object("o"), "ManifestNotYaml: a.yaml"],
  ])("%s", async (_, text, change, result, message) => {
    expect(await refusal(text, change, [source(result)])).toContain(message);
  });

  it.each<[string, string, ManifestChange, string, string]>([
    ["an item of a List to remove", list, remove, "a.yaml", "ManifestNotEditable: Template demo/cp in a.yaml is not a document of its own"],
    [
      "a template in JSON",
      JSON.stringify({ apiVersion: "example.com/v1", kind: "Template", metadata: { name: "cp" }, spec: { version: "v1" } }),
      rotate,
      "a.json",
      "a.json is JSON, which holds one object",
    ],
    [
      "fields of the API server",
      own.replace("name: cp", "name: cp, uid: x, generation: 1"),
      rotate,
      "a.yaml",
      "has metadata.uid, metadata.generation, which only the API server may write",
    ],
    ["a field to set that is not there", own.replace("version", "other"), rotate, "a.yaml", "ManifestNotEditable"],
    [
      "a name that is shared",
      own.replace("name: cp", "name: &n cp, labels: {x: *n}"),
      rotate,
      "a.yaml",
      "more than the intended value would change",
    ],
  ])("%s", async (_, text, change, file, message) => {
    expect(await refusal(text, change, [plainSource], file)).toContain(message);
  });

  it("is what a style says of the result", async () => {
    const strict = source({ kind: "absent", hints: [] }, { verify: () => Promise.resolve(because("Else")) });
    expect(await refusal(own, set, [strict, plainSource])).toBe("Else: Else.");
    const content = source({ kind: "absent", hints: [] }, { verify: () => Promise.resolve(undefined) });
    expect(await refusal(own, set, [content, plainSource])).toBe("edited");
  });

  it("throws what is no refusal", async () => {
    await expect(refusal(own, set, [source(object("o", { field: () => Promise.reject(new Error("disk")) }))])).rejects.toThrow("disk");
  });

  it("writes what the style says gives the value", async () => {
    const written = source(object("o", { field: () => ({ ...version, write: (value) => `${value}-x` }) }));
    const result = await editManifests(memoryFiles({ "a.yaml": own }), [set], {}, [written]);
    expect(result.kind === "edited" && result.files.get("a.yaml")).toBe(own.replace("v1}", "v2-x}"));
  });

  it.each([
    [
      "a flow List",
      `{apiVersion: v1, kind: List, items: [{apiVersion: example.com/v1, kind: Template, metadata: {name: cp}, spec: {version: v1}}]}\n`,
      "spec: {version: v1}}, {apiVersion: example.com/v1, kind: Template, metadata: {name: cp-",
    ],
    ["words that YAML 1.1 reads otherwise", own.replace("v1}", "v1, a: on, m: 0644}"), "spec: {version: v2, a: on, m: 0644}\n"],
    ["an anchor of its own", own.replace("v1}", "v1, a: &a x, b: *a}"), "spec: {version: v2, a: &a x, b: *a}\n"],
    ["comments above, and none of the next one's", `# file\n\n# own\n${own}# next\n---\na: 1\n`, "---\n# own\napiVersion"],
    ["no final newline", own.trimEnd(), "spec: {version: v2}"],
    [
      "a block List with CRLF",
      list.replaceAll("\n", "\r\n"),
      "\r\n- apiVersion: example.com/v1\r\n  kind: Template\r\n  metadata: {name: cp-",
    ],
  ])("copies a template with %s", async (_, text, copied) => {
    const result = await editManifests(memoryFiles({ "a.yaml": text }), [rotate, rotate], {}, [plainSource]);
    if (result.kind !== "edited") throw new Error(JSON.stringify(result));
    const after = result.files.get("a.yaml") ?? "";
    expect(after).toContain(copied);
    expect(after.split("version: v2")).toHaveLength(2);
    expect(result.changed).toMatchObject([{ before: "", after: `new Template ${result.newTemplates[0]?.name}` }]);
    const again = await editManifests(memoryFiles({ "a.yaml": after }), [rotate], {}, [plainSource]);
    expect(again).toEqual({ kind: "unchanged" });
  });

  it("leaves the next document's comments where they are, and looks at the group of what is there already", async () => {
    const made = await editManifests(memoryFiles({ "a.yaml": `${own}# next\n---\na: 1\n` }), [rotate], {}, [plainSource]);
    const after = made.kind === "edited" ? (made.files.get("a.yaml") ?? "") : "";
    expect(after.split("# next")).toHaveLength(2);
    const name = made.kind === "edited" ? made.newTemplates[0]?.name : "";
    const other = `apiVersion: other.example.com/v1\nkind: Template\nmetadata: {name: ${name}, namespace: demo}\n`;
    const result = await editManifests(memoryFiles({ "a.yaml": `${own}---\n${other}` }), [rotate], {}, [plainSource]);
    expect(result).toMatchObject({ kind: "edited", newTemplates: [{ name }] });
  });

  it("tells what was taken out", async () => {
    const result = await editManifests(memoryFiles({ "a.yaml": `a: 1\n---\n${own}` }), [remove], {}, [plainSource]);
    expect(result).toMatchObject({ changed: [{ file: "a.yaml", line: 2, before: "the old machine template", after: "" }] });
  });
});
