import { inject } from "vitest";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { VIEW_CONTRACTS } from "../../src/cluster-api/views/contract.ts";
import { pathsOf, type Field } from "../../src/cluster-api/views/fields.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import { createDiscovery } from "../../src/kubernetes/discovery.ts";

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly "x-kubernetes-int-or-string"?: boolean;
}

interface Crd {
  readonly spec: { readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

// Every path that a view reads is looked up in the schema that the API server really serves: a release of Cluster API that moves a field breaks this
// test, and not a reading in production.
describe("fields of Cluster API", async () => {
  const endpoint = await loadEndpoint({ clock: systemClock, kubeconfig: inject("stack").kubeconfig, context: "stack" });
  const client = createClient(endpoint, { clock: systemClock });
  const discovery = createDiscovery(client);

  it.each(
    VIEW_CONTRACTS.flatMap(({ group, kind, fields }) =>
      (["v1beta1", "v1beta2"] as const).map((version) => ({ group, kind, fields, version })),
    ),
  )("$kind $version", async ({ group, kind, fields, version }) => {
    const resource = await discovery.resource(group, kind, version);
    expect(resource, `${kind} is served as ${version}`).toBeDefined();
    const crd = (await client.getPath(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${resource?.plural ?? ""}.${group}`)) as Crd;
    const schema = crd.spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
    expect(schema).toBeDefined();
    const wrong = Object.entries(fields).flatMap(([name, field]) =>
      (field[version] ?? []).flatMap((path) => {
        const found = schema && typeAt(schema, path);
        return found === field.type ? [] : [`${name}: ${path} is ${found ?? "not there"}, expected ${field.type}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("covers every field of every view", () => {
    const unread = VIEW_CONTRACTS.flatMap(({ kind, fields }) =>
      Object.entries<Field>(fields).flatMap(([name, field]) => (pathsOf(field).length === 0 ? [`${kind} ${name}`] : [])),
    );
    expect(unread).toEqual([]);
    expect(VIEW_CONTRACTS.flatMap(({ fields }) => Object.values<Field>(fields).flatMap(pathsOf)).length).toBeGreaterThan(150);
  });
});

function typeAt(schema: Schema, path: string): string | undefined {
  let current: Schema | undefined = schema;
  for (const segment of path.split(".")) {
    const key = segment.replace("[]", "");
    current = current?.properties?.[key];
    if (segment.endsWith("[]")) current = current?.items;
  }
  if (current === undefined) return undefined;
  if (current["x-kubernetes-int-or-string"] === true) return "int-or-string";
  return current.format === "date-time" ? "date-time" : current.type;
}
