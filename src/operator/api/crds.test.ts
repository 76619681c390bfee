import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crdFiles } from "../../../scripts/crd-files.ts";
import { apiReference } from "../../../scripts/generate-api-docs.ts";
import { generatedTypes } from "../../../scripts/generate-api-types.ts";

type Schema = Readonly<Record<string, unknown>>;

const definitions = crdFiles().map(({ file, definition }) => ({ file, schema: schemaOf(definition) }));

it("docs/api.md tells every field (else: npm run generate)", async () => {
  expect(readFileSync("docs/api.md", "utf8")).toBe(await apiReference());
});

describe("types", () => {
  it("are those of the CRDs (else: npm run generate)", async () => {
    for (const [file, text] of await generatedTypes()) expect(text, file).toBe(readFileSync(file, "utf8"));
  });

  it("are written for every CRD", async () => {
    expect([...(await generatedTypes()).keys()].sort()).toEqual([
      "src/operator/api/generated/cluster-upgrade.gen.ts",
      "src/operator/api/generated/release-catalog.gen.ts",
      "src/operator/api/generated/upgrade-policy.gen.ts",
    ]);
  });
});

describe.each(definitions)("$file", ({ schema }) => {
  const fields = fieldsBelow(schema, "");

  it("describes every field", () => {
    const bare = fields.filter(({ path, schema }) => path !== ".metadata" && typeof schema["description"] !== "string");
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it("names the default in the description, where there is one", () => {
    const silent = fields.filter(
      ({ schema: { default: value, description } }) =>
        value !== undefined &&
        typeof value !== "object" &&
        !String(description).includes(`Default: ${JSON.stringify(value).replaceAll('"', "")}`),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("bounds every text, list and map, so that objects stay small and rules cheap", () => {
    const unbounded = fields.filter(({ schema }) => {
      const { type, maxLength, enum: values, format, maxItems, additionalProperties, maxProperties } = schema;
      if (type === "string") return maxLength === undefined && values === undefined && format === undefined;
      if (type === "array") return maxItems === undefined;
      return additionalProperties !== undefined && maxProperties === undefined;
    });
    expect(unbounded.map(({ path }) => path)).toEqual([".apiVersion", ".kind"]);
  });

  it("says of every list how it is merged", () => {
    const lists = fields.filter(({ schema }) => schema["type"] === "array" && schema["x-kubernetes-list-type"] === undefined);
    expect(lists.map(({ path }) => path)).toEqual([]);
  });
});

describe("what a policy hands on to its upgrades", () => {
  it.each(["approval", "proof", "git", "notifications", "retireOldTemplates"])("%s is the same in both kinds", (field) => {
    const [upgrade, policy] = ["clusterupgrades.yaml", "upgradepolicies.yaml"].map((file) => specOf(file)[field]);
    expect(upgrade).toBeDefined();
    expect(upgrade).toEqual(policy);
  });

  it("schedule too, but for the interval, which is between upgrades", () => {
    const upgrade = specOf("clusterupgrades.yaml")["schedule"];
    const policy = specOf("upgradepolicies.yaml")["schedule"] as Schema;
    const { minimumInterval, ...rest } = policy["properties"] as Schema;
    expect(minimumInterval).toBeDefined();
    expect(upgrade).toEqual({ ...policy, properties: rest });
  });
});

function specOf(file: string): Schema {
  const found = definitions.find((each) => each.file === file)!.schema["properties"] as Readonly<Record<string, Schema>>;
  return found["spec"]!["properties"] as Schema;
}

function schemaOf(definition: unknown): Schema {
  const { spec } = definition as { spec: { versions: [{ schema: { openAPIV3Schema: Schema } }] } };
  return spec.versions[0].schema.openAPIV3Schema;
}

function fieldsBelow(schema: Schema, path: string): readonly { readonly path: string; readonly schema: Schema }[] {
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Schema>>);
  const items = schema["items"] as Schema | undefined;
  return [
    ...properties.flatMap(([name, each]) => [{ path: `${path}.${name}`, schema: each }, ...fieldsBelow(each, `${path}.${name}`)]),
    ...(items === undefined ? [] : fieldsBelow(items, `${path}[]`)),
  ];
}
