import { writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient, type KubernetesClient } from "./client.ts";
import { endpointFromKubeconfig } from "./credentials.ts";
import type { ApiResource, KubernetesObject } from "./resource.ts";
import { scriptedServer, sendJson, statusObject, type ScriptedServer } from "./testing/scripted-server.ts";
import { testClock, type TestClock } from "./testing/test-clock.ts";
import { startWatchCache, type CacheChange, type WatchCache, type WatchCacheOptions } from "./watch-cache.ts";

const machines: ApiResource = { group: "cluster.x-k8s.io", version: "v1beta2", plural: "machines", kind: "Machine", namespaced: true };

function machine(name: string, resourceVersion: number, uid = name): KubernetesObject {
  return { metadata: { name, namespace: "demo", uid, resourceVersion: String(resourceVersion) } };
}

type Watch = (response: ServerResponse, resourceVersion: string) => void;

let server: ScriptedServer;
let client: KubernetesClient;
let cache: WatchCache | undefined;
let clock: TestClock;
/** Answers to the watches, in order; later ones stay open and silent. */
let watches: Watch[];
let list: () => readonly KubernetesObject[];
let listVersion: number;
let validToken: string | undefined;
let answerList: ((response: ServerResponse) => boolean) | undefined;
const open = (response: ServerResponse, ...events: unknown[]): void => {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  for (const event of events) response.write(`${JSON.stringify(event)}\n`);
};
const event = (type: string, object: unknown): unknown => ({ type, object });
const listed = (): number => server.requests.filter((line) => !line.includes("watch=true")).length;
const watchedFrom = (): string[] =>
  server.requests.flatMap((line) => (line.includes("watch=true") ? [/resourceVersion=([^&]*)/.exec(line)?.[1] ?? ""] : []));

beforeEach(async () => {
  watches = [];
  list = () => [machine("a", 5)];
  listVersion = 10;
  answerList = undefined;
  validToken = undefined;
  clock = testClock();
  server = await scriptedServer((request, response) => {
    const query = new URL(request.url ?? "", "https://x").searchParams;
    if (validToken !== undefined && request.headers.authorization !== `Bearer ${validToken}`)
      return sendJson(response, statusObject(401, "Unauthorized"), 401);
    if (query.get("watch") !== "true") {
      if (answerList?.(response) === true) return undefined;
      return sendJson(response, { items: list(), metadata: { resourceVersion: String(listVersion) } });
    }
    const answer = watches.shift() ?? ((stream: ServerResponse) => open(stream));
    return answer(response, query.get("resourceVersion") ?? "");
  });
  client = createClient(await endpointFromKubeconfig(server.kubeconfig(), clock), { clock, random: () => 0.5 });
});

afterEach(async () => {
  cache?.stop();
  client.close();
  await server.close();
});

/** Starts the cache; `until(n)` resolves once n changes have been told. */
function start(options: WatchCacheOptions = {}): {
  readonly changes: string[];
  readonly until: (count: number) => Promise<void>;
  readonly errors: unknown[];
} {
  const changes: string[] = [];
  const errors: unknown[] = [];
  let wake = (): void => undefined;
  const onChange = (change: CacheChange): void => {
    changes.push(`${change.kind} ${change.object.metadata.name}@${change.object.metadata.resourceVersion}`);
    wake();
  };
  cache = startWatchCache(client, machines, {
    random: () => 0.5,
    ...options,
    onChange: options.onChange ?? onChange,
    onError: options.onError ?? ((error) => errors.push(error)),
  });
  return {
    changes,
    errors,
    async until(count) {
      while (changes.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

describe("every fault of the watch comparison, over TLS", () => {
  it("lists, watches from the list's version with bookmarks asked for, and follows events", async () => {
    watches = [
      (response) =>
        open(response, event("ADDED", machine("b", 11)), event("MODIFIED", machine("a", 12)), event("DELETED", machine("b", 13))),
    ];
    const { changes, until } = start({ namespace: "demo", labelSelector: "x=y" });
    await until(4);
    expect(changes).toEqual(["added a@5", "added b@11", "modified a@12", "deleted b@11"]);
    expect(cache?.objects().map(({ metadata }) => metadata.name)).toEqual(["a"]);
    expect(cache?.get("a", "demo")?.metadata.resourceVersion).toBe("12");
    expect(server.requests[0]).toBe("GET /apis/cluster.x-k8s.io/v1beta2/namespaces/demo/machines?labelSelector=x%3Dy&limit=500");
    expect(server.requests[1]).toContain("allowWatchBookmarks=true");
    expect(watchedFrom()).toEqual(["10"]);
  });

  it("a stream that the server ends is followed by one from the last version, without a list", async () => {
    watches = [
      (response) => {
        open(response, event("MODIFIED", machine("a", 21)));
        response.end();
      },
      (response) => open(response, event("MODIFIED", machine("a", 22))),
    ];
    const { until } = start();
    await until(3);
    expect(watchedFrom()).toEqual(["10", "21"]);
    expect(listed()).toBe(1);
    expect(clock.pauses).toEqual([]);
  });

  it("a bookmark moves the version on", async () => {
    watches = [
      (response) => {
        open(response, event("BOOKMARK", { metadata: { resourceVersion: "900" } }));
        response.end();
      },
      (response) => open(response, event("MODIFIED", machine("a", 901))),
    ];
    const { until, changes } = start();
    await until(2);
    expect(watchedFrom()).toEqual(["10", "900"]);
    expect(changes).toEqual(["added a@5", "modified a@901"]);
  });

  it("a destroyed socket, with half a line sent, is resumed from the last version, without a list", async () => {
    watches = [
      (response) => {
        open(response, event("MODIFIED", machine("a", 31)));
        response.write('{"type":"MODIFIED","object":{"metadata":{"na', () => response.socket?.destroy());
      },
      (response) => open(response, event("MODIFIED", machine("a", 32))),
    ];
    const { until, changes } = start();
    await until(3);
    expect(changes).toEqual(["added a@5", "modified a@31", "modified a@32"]);
    expect(watchedFrom()).toEqual(["10", "31"]);
    expect(listed()).toBe(1);
  });

  it.each([
    ["an ERROR event", (response: ServerResponse): void => open(response, event("ERROR", statusObject(410, "Expired")))],
    ["an HTTP status", (response: ServerResponse): void => sendJson(response, statusObject(410, "Gone"), 410)],
  ])("410 as %s makes a new list, whose differences are told", async (_, gone) => {
    watches = [
      (response) => {
        list = () => [machine("c", 41), machine("a", 40)];
        listVersion = 42;
        gone(response);
      },
      (response) => open(response, event("DELETED", machine("c", 43))),
    ];
    list = () => [machine("a", 5), machine("b", 6)];
    const { until, changes } = start();
    await until(6);
    expect(changes).toEqual(["added a@5", "added b@6", "deleted b@6", "added c@41", "modified a@40", "deleted c@41"]);
    expect(watchedFrom()).toEqual(["10", "42"]);
    expect(listed()).toBe(2);
  });

  it("500s and 503s of watches are waited out with growing pauses, which a healthy stream resets", async () => {
    const failing: Watch = (response) => sendJson(response, statusObject(503, "ServiceUnavailable"), 503);
    const broken: Watch = (response) => sendJson(response, statusObject(500, "InternalError"), 500);
    watches = [
      failing,
      broken,
      failing,
      (response) => {
        open(response, event("MODIFIED", machine("a", 51)));
        response.end();
      },
      failing,
      (response) => open(response, event("MODIFIED", machine("a", 52))),
    ];
    const { until } = start();
    await until(3);
    expect(clock.pauses).toEqual([400, 800, 1600, 400]);
    expect(listed()).toBe(1);
  });

  it("a server that is gone for a while is found again", async () => {
    let downs = 0;
    watches = Array.from({ length: 4 }, (): Watch => (response) => {
      downs += 1;
      response.socket?.destroy();
    });
    watches.push((response) => open(response, event("MODIFIED", machine("a", 61))));
    const { until, errors } = start();
    await until(2);
    expect(downs).toBe(4);
    expect(errors).toHaveLength(4);
  });

  it("a handler that throws is told of, and disturbs nothing", async () => {
    watches = [(response) => open(response, event("ADDED", machine("b", 71)), event("ADDED", machine("c", 72)))];
    let calls = 0;
    let third = (): void => undefined;
    const thirdCall = new Promise<void>((resolve) => (third = resolve));
    const { errors } = start({
      onChange: () => {
        calls += 1;
        if (calls === 3) third();
        throw new Error(`handler ${calls}`);
      },
    });
    await thirdCall;
    await Promise.resolve();
    expect(errors.map((error) => (error as Error).message)).toEqual(["handler 1", "handler 2", "handler 3"]);
    expect(cache?.objects()).toHaveLength(3);
  });

  it("a black hole (connection alive, no bytes) is noticed at the idle limit and resumed without a list", async () => {
    watches = [(response) => open(response), (response) => open(response, event("MODIFIED", machine("a", 81)))];
    const { until, errors } = start({ idleMilliseconds: 150 });
    await until(2);
    expect(errors).toHaveLength(1);
    expect(watchedFrom()).toEqual(["10", "10"]);
    expect(listed()).toBe(1);
  });

  it.each<[string, Watch, string]>([
    [
      "that a server ended after an event",
      (response) => {
        open(response, event("MODIFIED", machine("a", 11)));
        response.end();
      },
      "Ended",
    ],
    ["whose connection is lost", (response) => response.socket?.destroy(), "Reset"],
    ["whose version the server has lost", (response) => open(response, event("ERROR", statusObject(410, "Expired"))), "Expired"],
    ["that the server cannot serve", (response) => sendJson(response, statusObject(503, "ServiceUnavailable"), 503), "ServiceUnavailable"],
    ["that is answered with a bare 502", (response) => response.writeHead(502).end("bad gateway"), "HTTP502"],
    ["that falls silent", (response) => open(response), "Silent"],
  ])("a watch %s is told when it is begun again, and why", async (_, lost, reason) => {
    watches = [lost];
    const reasons: string[] = [];
    const again = new Promise<void>((resolve) => {
      start({ idleMilliseconds: 150, onRestart: (why) => (reasons.push(why), resolve()) });
    });
    await again;
    expect(reasons).toEqual([reason]);
    expect(watchedFrom()).toHaveLength(1);
  });

  it("an object that was deleted and made again while nobody looked is a deletion and an addition", async () => {
    watches = [(response) => open(response, event("ADDED", machine("a", 91, "another-uid")))];
    const { until, changes } = start();
    await until(3);
    expect(changes).toEqual(["added a@5", "deleted a@5", "added a@91"]);
  });

  it("characters split between chunks arrive whole", async () => {
    const line = Buffer.from(`${JSON.stringify(event("ADDED", machine("größe-日本", 95)))}\n`);
    watches = [
      (response) => {
        open(response);
        for (const byte of line) response.write(Buffer.from([byte]));
      },
    ];
    const { until, changes } = start();
    await until(2);
    expect(changes).toEqual(["added a@5", "added größe-日本@95"]);
  });

  it("a server that ends every stream at once is not asked in a busy loop", async () => {
    watches = Array.from({ length: 3 }, (): Watch => (response) => {
      open(response);
      response.end();
    });
    watches.push((response) => open(response, event("MODIFIED", machine("a", 96))));
    const { until } = start();
    await until(2);
    expect(clock.pauses).toEqual([400, 800, 1600]);
  });

  it("410 while paging restarts the list", async () => {
    let pages = 0;
    answerList = (response) => {
      pages += 1;
      if (pages === 1) sendJson(response, { items: [machine("old", 1)], metadata: { resourceVersion: "9", continue: "token" } });
      else if (pages === 2) sendJson(response, statusObject(410, "Expired"), 410);
      else return false;
      return true;
    };
    const { until, changes } = start();
    await until(1);
    expect(changes).toEqual(["added a@5"]);
    expect(server.requests[1]).toContain("continue=token");
  });

  it("a list that is refused rejects `synced`, and is asked for again", async () => {
    let refusals = 0;
    answerList = (response) => {
      refusals += 1;
      if (refusals > 2) return false;
      sendJson(response, statusObject(403, "Forbidden", "machines is forbidden"), 403);
      return true;
    };
    const { until } = start();
    await expect(cache?.synced).rejects.toThrow("machines is forbidden");
    await until(1);
    expect(refusals).toBe(3);
  });

  it("stop ends the stream and rejects a `synced` that never came", async () => {
    answerList = () => true;
    const { errors } = start();
    cache?.stop();
    await expect(cache?.synced).rejects.toThrow("stopped before its first list");
    expect(errors).toEqual([]);
  });

  it("429 and 503 with Retry-After are waited out as the server asks", async () => {
    const afters = [429, 503];
    answerList = (response) => {
      const code = afters.shift();
      if (code === undefined) return false;
      sendJson(response, statusObject(code, "Busy"), code, { "retry-after": "5" });
      return true;
    };
    const { until, errors } = start();
    await until(1);
    expect(clock.pauses).toEqual([5_000, 5_000]);
    expect(errors).toEqual([]);
  });

  it.each([
    ["400, of another history", 400, {}],
    ["404, the kind was away", 404, {}],
    [
      "a version that is too large, after a restore of etcd",
      504,
      { details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] } },
    ],
  ])("%s makes a new list", async (_, code, more) => {
    watches = [
      (response) => sendJson(response, { ...statusObject(code, "Timeout"), ...more }, code),
      (response) => open(response, event("MODIFIED", machine("a", 97))),
    ];
    const { until } = start();
    await until(2);
    expect(listed()).toBe(2);
  });

  it("403, 500 and 504 for a watch do not", async () => {
    watches = [403, 500, 504].map((code) => (response) => sendJson(response, statusObject(code, "Other"), code));
    watches.push((response) => open(response, event("MODIFIED", machine("a", 97))));
    const { until } = start();
    await until(2);
    expect(listed()).toBe(1);
  });

  it("what is no JSON breaks the stream, which is resumed", async () => {
    watches = [
      (response) => {
        open(response, event("MODIFIED", machine("a", 98)));
        response.write("s3cret is no event\n");
      },
      (response) => {
        open(response);
        response.write('{"type":"MODIFIED","object":s3cret}\n');
      },
      (response) => open(response, event("MODIFIED", machine("a", 99))),
    ];
    const { until, errors } = start();
    await until(3);
    expect(watchedFrom()).toEqual(["10", "98", "98"]);
    expect(errors).toHaveLength(2);
    expect(String(errors[0]) + String(errors[1])).not.toContain("s3cret");
  });

  it("a healthy stream resets the pauses, even one without events", async () => {
    const failing: Watch = (response) => sendJson(response, statusObject(500, "InternalError"), 500);
    watches = [
      failing,
      failing,
      (response) => {
        open(response);
        clock.advance(1_000);
        response.end();
      },
      failing,
      failing,
      (response) => {
        open(response);
        clock.advance(30_000);
        response.write("\n", () => response.socket?.destroy());
      },
      failing,
      (response) => {
        open(response, event("BOOKMARK", { metadata: { resourceVersion: "11" } }));
        response.write("\n", () => response.socket?.destroy());
      },
      (response) => open(response, event("MODIFIED", machine("a", 100))),
    ];
    const { until } = start();
    await until(2);
    expect(clock.pauses).toEqual([400, 800, 400, 800, 400, 800, 400]);
  });

  it("a handshake that never comes is not waited for for ever", async () => {
    const upstream = Number(new URL(server.url).port);
    let connections = 0;
    const front = createServer((socket) => {
      connections += 1;
      socket.on("error", () => undefined);
      if (connections > 1) socket.pipe(connect(upstream, "127.0.0.1")).pipe(socket);
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const endpoint = await endpointFromKubeconfig(server.kubeconfig({}, { server: url }), clock);
    client.close();
    client = createClient(endpoint, { clock, timeoutMilliseconds: 100, tries: 1 });
    const { until, errors } = start();
    await until(1);
    expect(errors[0]).toMatchObject({ kind: "timeout" });
    front.close();
  });

  it("a token that expired while the stream was open is replaced, and nothing is noticed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "watch-cache-"));
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "old");
    const endpoint = await endpointFromKubeconfig(server.kubeconfig({ tokenFile }), clock);
    client.close();
    client = createClient(endpoint, { clock });
    watches = [
      (response) => {
        writeFileSync(tokenFile, "new");
        validToken = "new";
        open(response, event("MODIFIED", machine("a", 101)));
        response.end();
      },
      (response) => open(response, event("MODIFIED", machine("a", 102))),
    ];
    const { until, errors } = start();
    await until(3);
    expect(errors).toEqual([]);
    expect(watchedFrom()).toEqual(["10", "101", "101"]);
    await rm(folder, { recursive: true });
  });

  it("the in-memory provider's workload API: events over many lines, and deletions that are not replayed", async () => {
    const pretty = (response: ServerResponse, ...events: unknown[]): void => {
      open(response);
      for (const one of events) response.write(JSON.stringify(one, null, 1));
    };
    const bookmark = event("BOOKMARK", { metadata: { resourceVersion: "110", annotations: { "k8s.io/initial-events-end": "true" } } });
    list = () => [machine("a", 5), machine("b", 6)];
    watches = [
      (response) => {
        list = () => [machine("a", 111)];
        listVersion = 112;
        pretty(response, bookmark, event("MODIFIED", machine("a", 111)));
        response.end();
      },
      (response) => {
        list = () => [];
        pretty(response, bookmark);
        response.socket?.destroy();
      },
    ];
    const { until, changes } = start();
    await until(5);
    expect(changes).toEqual(["added a@5", "added b@6", "modified a@111", "deleted b@6", "deleted a@111"]);
    expect(watchedFrom().slice(0, 2)).toEqual(["10", "112"]);
  });
});

describe("what a watch cache tells", () => {
  it("whether what it holds is current, and its numbers", async () => {
    let second: ServerResponse | undefined;
    let onSecond = (): void => undefined;
    const secondCame = new Promise<void>((resolve) => (onSecond = resolve));
    watches = [
      (response) => {
        open(response, event("MODIFIED", machine("a", 121)));
        clock.advance(7);
        response.write("\n", () => response.socket?.destroy());
      },
      (response) => {
        second = response;
        onSecond();
      },
    ];
    const { until } = start();
    expect(cache?.isCurrent()).toBe(false);
    expect(cache?.stats().lastHeardAt).toBeUndefined();
    await cache?.synced;
    expect(cache?.isCurrent()).toBe(true);
    await secondCame;
    expect(cache?.isCurrent()).toBe(false);
    if (second !== undefined) open(second, event("MODIFIED", machine("a", 122)));
    await until(3);
    expect(cache?.isCurrent()).toBe(true);
    expect(cache?.stats()).toEqual({ lists: 1, watches: 2, failures: 1, lastHeardAt: clock.now() });
    cache?.stop();
    expect(cache?.isCurrent()).toBe(false);
  });

  it("nothing after it was stopped", async () => {
    watches = [(response) => open(response, event("ADDED", machine("b", 131)), event("ADDED", machine("c", 132)))];
    const changes: string[] = [];
    const ended = new Promise<void>((resolve) => {
      start({
        onChange: ({ object }) => {
          changes.push(object.metadata.name);
          if (changes.length === 2) cache?.stop();
          if (changes.length === 2) setImmediate(resolve);
        },
      });
    });
    await ended;
    expect(changes).toEqual(["a", "b"]);
  });

  it("an error handler that throws disturbs nothing, either", async () => {
    watches = [
      (response) => sendJson(response, statusObject(500, "InternalError"), 500),
      (response) => open(response, event("MODIFIED", machine("a", 141))),
    ];
    const { until } = start({
      onError: () => {
        throw new Error("cannot be told");
      },
    });
    await until(2);
  });

  it("objects reduced, or whole where reducing them fails", async () => {
    watches = [(response) => open(response, event("ADDED", machine("b", 151)))];
    const { until, errors } = start({
      transform: (object) => {
        if (object.metadata.name === "b") throw new Error("cannot reduce b");
        return { metadata: { ...object.metadata, labels: { size: "reduced" } } };
      },
    });
    await until(2);
    expect(cache?.get("a", "demo")?.metadata.labels).toEqual({ size: "reduced" });
    expect(cache?.get("b", "demo")).toMatchObject({ metadata: machine("b", 151).metadata });
    expect(errors.map(String)).toEqual(["Error: cannot reduce b"]);
  });
});
