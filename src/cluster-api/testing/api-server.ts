import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../clock.ts";
import { createClient, type KubernetesClient } from "../../kubernetes/client.ts";
import { endpointFromKubeconfig } from "../../kubernetes/credentials.ts";
import { asRecord, asText, type RawObject } from "../views/fields.ts";
import { readMeta } from "../views/object-meta.ts";

/** A small API server over plain HTTP that holds a given set of objects: discovery, get, list, watch. For tests of reading only. */
export interface TestApiServer {
  readonly client: KubernetesClient;
  readonly kubeconfig: string;
  /** `GET /apis/…/machines?labelSelector=…`, in order. */
  readonly requests: readonly string[];
  put(object: RawObject): void;
  /** As `put`, and no watch tells: each lags behind. */
  putUntold(object: RawObject): void;
  remove(object: RawObject): void;
  /** From now on, requests whose path (with query) matches are answered with this status; 0 drops the connection, -1 never answers. */
  fail(path: RegExp, status: number): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startApiServer(initial: readonly RawObject[]): Promise<TestApiServer> {
  const objects = new Map<string, RawObject>();
  const watchers = new Set<{ path: string; send: (type: string, object: RawObject) => void }>();
  const requests: string[] = [];
  let failures: readonly { path: RegExp; status: number }[] = [];
  let version = 1000;
  const put = (object: RawObject, type = "MODIFIED"): void => {
    const stamped = { ...object, metadata: { ...asRecord(object["metadata"]), resourceVersion: String((version += 1)) } };
    objects.set(pathOf(object), stamped);
    for (const watcher of watchers) if (pathOf(object).startsWith(`${watcher.path}/`)) watcher.send(type, stamped);
  };
  for (const object of initial) put(object);

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://localhost");
    requests.push(`${request.method ?? ""} ${decodeURIComponent(request.url ?? "")}`);
    const failure = failures.find(({ path }) => path.test(decodeURIComponent(request.url ?? "")));
    if (failure !== undefined) return failWith(response, failure.status);
    const answer = (body: RawObject, status = 200): void => void response.writeHead(status).end(JSON.stringify(body));
    const found = objects.get(url.pathname);
    if (found !== undefined) return answer(found);
    const discovered = discover(url.pathname, [...objects.values()]);
    if (discovered !== undefined) return answer(discovered);
    const matching = [...objects]
      .filter(([path, object]) => collects(url.pathname, path) && selected(url, object))
      .map(([, object]) => object);
    if (url.searchParams.get("watch") === "true") {
      response.writeHead(200).flushHeaders();
      const watcher = {
        path: url.pathname,
        send: (type: string, object: RawObject) => void (selected(url, object) && response.write(`${JSON.stringify({ type, object })}\n`)),
      };
      watchers.add(watcher);
      response.on("close", () => watchers.delete(watcher));
      return;
    }
    if (matching.length > 0 || /\/(machine|cluster|node|kubeadm|deployment|dev)[a-z]*$/.test(url.pathname)) {
      return answer({ items: matching, metadata: { resourceVersion: String(version) } });
    }
    return answer({ kind: "Status", reason: "NotFound", message: "not found" }, 404);
  };

  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = JSON.stringify({
    clusters: [{ name: "test", cluster: { server: url } }],
    users: [{ name: "test", user: { token: "secret-token" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
  const client = createClient(await endpointFromKubeconfig(kubeconfig, systemClock), { clock: systemClock, tries: 1 });
  return {
    client,
    kubeconfig,
    requests,
    put: (object) => put(object, objects.has(pathOf(object)) ? "MODIFIED" : "ADDED"),
    putUntold: (object) => void objects.set(pathOf(object), object),
    remove(object) {
      const known = objects.get(pathOf(object)) ?? object;
      objects.delete(pathOf(object));
      for (const watcher of watchers) if (pathOf(object).startsWith(`${watcher.path}/`)) watcher.send("DELETED", known);
    },
    fail: (path, status) => (failures = [...failures, { path, status }]),
    heal: () => (failures = []),
    async close() {
      client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function failWith(response: ServerResponse, status: number): void {
  if (status === 0) response.destroy();
  else if (status > 0) response.writeHead(status).end(JSON.stringify({ kind: "Status", reason: "Test", message: `failed with ${status}` }));
}

function pathOf(object: RawObject): string {
  const { ref } = readMeta(object, "", () => {});
  const namespace = ref.namespace === "" ? "" : `/namespaces/${ref.namespace}`;
  return `${rootOf(object)}${namespace}/${pluralOf(ref.kind)}/${ref.name}`;
}

function rootOf(object: RawObject): string {
  const apiVersion = asText(object["apiVersion"]) ?? "v1";
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}${kind.endsWith("s") ? "es" : "s"}`;
}

/** `/apis/g/v/machines` and `/apis/g/v/namespaces/n/machines` both hold `/apis/g/v/namespaces/n/machines/m`. */
function collects(collection: string, path: string): boolean {
  const parent = path.slice(0, path.lastIndexOf("/"));
  return parent === collection || parent.replace(/\/namespaces\/[^/]+/, "") === collection;
}

function selected(url: URL, object: RawObject): boolean {
  const { ref, labels } = readMeta(object, "", () => {});
  const field = url.searchParams.get("fieldSelector");
  if (field !== null && field !== `metadata.name=${ref.name}`) return false;
  const terms = (url.searchParams.get("labelSelector") ?? "").split(",").filter((term) => term !== "");
  return terms.every((term) => {
    const [key = "", value] = term.split("=");
    return value === undefined ? Object.hasOwn(labels, key) : labels[key] === value;
  });
}

/** Cluster API's own kinds are always served, whether objects of them exist or not; of others only those that do. */
function discover(path: string, objects: readonly RawObject[]): RawObject | undefined {
  const core = ["Cluster", "ClusterClass", "MachineDeployment", "MachineSet", "Machine"].map((kind) => ({ apiVersion: CORE, kind }));
  const served = [
    ...core,
    ...objects.map((object) => ({ apiVersion: asText(object["apiVersion"]) ?? "", kind: asText(object["kind"]) ?? "" })),
  ];
  const versions = new Set(
    served.map(({ apiVersion }) => apiVersion).filter((apiVersion) => `/apis/${apiVersion.split("/")[0] ?? ""}` === path),
  );
  if (versions.size > 0) return { versions: [...versions].map((apiVersion) => ({ version: apiVersion.split("/")[1] })) };
  const kinds = new Set(served.filter(({ apiVersion }) => `/apis/${apiVersion}` === path).map(({ kind }) => kind));
  if (kinds.size === 0) return undefined;
  return { resources: [...kinds].map((kind) => ({ name: pluralOf(kind), kind, namespaced: true })) };
}

const CORE = "cluster.x-k8s.io/v1beta2";
