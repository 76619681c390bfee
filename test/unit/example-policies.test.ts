import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readClusterUpgrade } from "../../src/operator/api/read-cluster-upgrade.ts";
import { readReleaseCatalog } from "../../src/operator/api/read-release-catalog.ts";
import { readUpgradePolicy } from "../../src/operator/api/read-upgrade-policy.ts";
import { pruneUnknown } from "../../src/sandbox/schemas/prune-unknown.ts";
import { ownTypes } from "../../src/sandbox/schemas/custom-types.ts";
import { schemaRules } from "../../src/sandbox/schemas/schema-rules.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";

const files = ["examples/policies", "examples/sandbox"].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => `${folder}/${file}`),
);
const readers = { UpgradePolicy: readUpgradePolicy, ClusterUpgrade: readClusterUpgrade, ReleaseCatalog: readReleaseCatalog };

describe("examples", () => {
  it("has one of each kind", () => {
    expect(new Set(files.map((file) => objectOf(file).kind))).toEqual(new Set(Object.keys(readers)));
  });

  it.each(files)("%s is what an API server takes, whole, and what the operator reads", (file) => {
    const object = objectOf(file);
    const type = ownTypes().find(({ kind }) => kind === object.kind)!;
    expect(pruneUnknown(type.versions[0]!.schema!, object).pruned).toEqual([]);
    const admitted = schemaRules(type, object, undefined);
    const read = readers[object.kind as keyof typeof readers](admitted);
    expect(read).toMatchObject({ kind: "read" });
    // What the API server fills in is what the reader takes for left out.
    expect(readers[object.kind as keyof typeof readers](object)).toEqual(read);
  });
});

function objectOf(file: string): StoredObject {
  // Checked against the schema right after.
  return parse(readFileSync(file, "utf8")) as StoredObject;
}
