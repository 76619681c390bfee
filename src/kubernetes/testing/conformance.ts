import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubernetesClient } from "../client.ts";
import { createDiscovery } from "../discovery.ts";
import type { ApiResource, KubernetesObject } from "../resource.ts";
import { startWatchCache } from "../watch-cache.ts";

export interface ConformanceSubject {
  readonly client: KubernetesClient;
  /** Exists, and may be filled with ConfigMaps. */
  readonly namespace: string;
  end(): Promise<void>;
}

export interface ConformanceFeatures {
  /** False for the in-memory provider's workload API: no server-side apply, pages, `/version`, optimistic locking of patches. */
  readonly full: boolean;
}

const configMaps: ApiResource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };

/** What the client, discovery and watch cache expect of an API server: to be run against every kind of server that they are to work with. */
export function describeKubernetesConformance(name: string, start: () => Promise<ConformanceSubject>, { full }: ConformanceFeatures): void {
  describe(`Kubernetes access to ${name}`, () => {
    let subject: ConformanceSubject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject.end());

    /** Objects of one test: others may run at the same time. */
    function scene(): {
      readonly run: string;
      readonly make: (suffix: string, data?: Readonly<Record<string, string>>) => KubernetesObject;
    } {
      const run = `conformance-${randomUUID().slice(0, 8)}`;
      const make = (suffix: string, data = {}): KubernetesObject => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `${run}-${suffix}`, namespace: subject.namespace, labels: { run } },
        data,
      });
      return { run, make };
    }

    it("creates, gets and deletes", async () => {
      const { client, namespace } = subject;
      const object = scene().make("a", { key: "größe" });
      const { name: objectName } = object.metadata;
      expect(await client.create(configMaps, object)).toMatchObject({ data: { key: "größe" } });
      await expect(client.create(configMaps, object)).rejects.toMatchObject({ name: "ApiError", status: 409 });
      expect(await client.get(configMaps, objectName, namespace)).toMatchObject(object);
      await client.delete(configMaps, objectName, { namespace });
      await expect(client.get(configMaps, objectName, namespace)).rejects.toMatchObject({ status: 404 });
      await expect(client.delete(configMaps, objectName, { namespace })).rejects.toMatchObject({ status: 404 });
    });

    it("lists all pages", async () => {
      const { client, namespace } = subject;
      const { run, make } = scene();
      const suffixes = ["a", "b", "c", "d", "e"];
      await Promise.all(suffixes.map((suffix) => client.create(configMaps, make(suffix))));
      const { items, resourceVersion } = await client.list(configMaps, { namespace, labelSelector: `run=${run}`, pageSize: 2 });
      expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(suffixes.map((suffix) => `${run}-${suffix}`));
      expect(resourceVersion).toMatch(/^\d+$/);
      expect((await client.list(configMaps, { labelSelector: `run=${run}` })).items).toHaveLength(5);
      expect((await client.list(configMaps, { namespace, labelSelector: "run=nothing" })).items).toEqual([]);
      const transform = ({ metadata: { name: whole } }: KubernetesObject): KubernetesObject => ({ metadata: { name: `kept ${whole}` } });
      const kept = await client.list(configMaps, { namespace, labelSelector: `run=${run}`, pageSize: 2, transform });
      expect(kept.items.map(({ metadata }) => metadata.name).sort()).toEqual(suffixes.map((suffix) => `kept ${run}-${suffix}`));
    });

    it("changes by merge patch only what the patch names", async () => {
      const { client, namespace } = subject;
      const object = await client.create(configMaps, scene().make("a", { kept: "1", changed: "1", removed: "1" }));
      const patched = await client.mergePatch(configMaps, object.metadata.name, { data: { changed: "2", removed: null } }, { namespace });
      expect(patched["data"]).toEqual({ kept: "1", changed: "2" });
    });

    it("follows objects that come, change and go", async () => {
      const { client, namespace } = subject;
      const { run, make } = scene();
      await client.create(configMaps, make("before"));
      const seen: string[] = [];
      let wake = (): void => undefined;
      const cache = startWatchCache(client, configMaps, {
        namespace,
        labelSelector: `run=${run}`,
        onChange: ({ kind, object }) => {
          if (object.metadata.name.startsWith(run)) seen.push(`${kind} ${object.metadata.name.slice(run.length + 1)}`);
          wake();
        },
      });
      const until = async (count: number): Promise<void> => {
        while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
      };
      await cache.synced;
      await client.create(configMaps, make("later"));
      await until(2);
      await client.mergePatch(configMaps, `${run}-later`, { data: { key: "1" } }, { namespace });
      await until(3);
      await client.delete(configMaps, `${run}-before`, { namespace });
      await until(4);
      cache.stop();
      expect(seen).toEqual(["added before", "added later", "modified later", "deleted before"]);
      expect(cache.get(`${run}-later`, namespace)).toMatchObject({ data: { key: "1" } });
      expect(cache.stats()).toMatchObject({ lists: 1, failures: 0 });
    });

    it("discovers what is served, and what is not", async () => {
      const { client } = subject;
      const discovery = createDiscovery(client);
      expect(await discovery.resource("", "ConfigMap")).toEqual(configMaps);
      expect(await discovery.resource("apps", "Deployment")).toMatchObject({ version: "v1", plural: "deployments", namespaced: true });
      expect(await discovery.resource("", "Node")).toMatchObject({ namespaced: false });
      expect(await discovery.resource("apps", "Nonsense")).toBeUndefined();
      expect(await discovery.resource("nonsense.io", "Nonsense")).toBeUndefined();
      expect(await client.version()).toEqual(full ? expect.stringMatching(/^v1\.\d+/) : undefined);
    });

    it.runIf(full)("refuses a patch of an object that has changed meanwhile", async () => {
      const { client, namespace } = subject;
      const object = await client.create(configMaps, scene().make("a"));
      const { name: objectName, resourceVersion } = object.metadata;
      const patch = { metadata: { resourceVersion }, data: { key: "1" } };
      await client.mergePatch(configMaps, objectName, patch, { namespace });
      await expect(client.mergePatch(configMaps, objectName, patch, { namespace })).rejects.toMatchObject({
        status: 409,
        reason: "Conflict",
      });
    });

    it.runIf(full)("applies on the server's side, and names who stands in the way", async () => {
      const { client, namespace } = subject;
      const { make } = scene();
      const object = make("a", { key: "mine" });
      const managers = ({ metadata }: KubernetesObject): unknown[] =>
        (metadata.managedFields ?? []).map(
          (entry) => `${(entry as { manager: string }).manager} ${(entry as { operation: string }).operation}`,
        );
      expect(managers(await client.apply(configMaps, object, { dryRun: true }))).toEqual(["capi-gitops Apply"]);
      await expect(client.get(configMaps, object.metadata.name, namespace)).rejects.toMatchObject({ status: 404 });
      await client.apply(configMaps, object);
      await client.mergePatch(configMaps, object.metadata.name, { data: { key: "theirs" } }, { namespace });
      const conflict: unknown = await client.apply(configMaps, object).catch((error: unknown) => error);
      expect(conflict).toMatchObject({ status: 409, reason: "Conflict", causes: [{ reason: "FieldManagerConflict", field: ".data.key" }] });
      expect((conflict as Error).message).toContain('conflict with "capi-gitops"');
      expect(await client.apply(configMaps, object, { force: true })).toMatchObject({ data: { key: "mine" } });
    });
  });
}
