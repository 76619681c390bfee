import { expect, it } from "vitest";
import type { SendHttp } from "../../../http/send-http.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { applyTo } from "../../../sandbox/applier/apply-object.ts";
import { createRandom } from "../../../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../../sandbox/engine/timeline.ts";
import { inProcessClient } from "../../../sandbox/in-process/in-process-client.ts";
import { createManagementCluster } from "../../../sandbox/management-cluster.ts";
import { releaseCatalogs } from "../../api/kinds.ts";
import type { SharedRepositories } from "../../git-access/shared-repositories.ts";
import { statusWriter } from "../write-status.ts";
import { releaseCatalogReconciler } from "./reconcile.ts";

const namespace = "operator";
const basic = (user: string): string => `Basic ${Buffer.from(`${user}:SECRET`).toString("base64")}`;
const dockerConfig = (place: string, user: string): object => ({
  ".dockerconfigjson": JSON.stringify({ auths: { [place]: { auth: Buffer.from(`${user}:SECRET`).toString("base64") } } }),
});

/** registry.test, which shows `team/node` to `robot` only, by tokens. */
const registry =
  (tagged: readonly string[]): SendHttp =>
  ({ url, headers = {} }) => {
    const { pathname } = new URL(url);
    const answer = (status: number, body = "", more = {}) => Promise.resolve({ status, headers: more, body, url });
    if (!url.startsWith("https://registry.test/")) return answer(404);
    const shown = headers["Authorization"];
    if (pathname === "/token") return shown === basic("robot") ? answer(200, '{"token":"TOKEN"}') : answer(401);
    if (shown !== "Bearer TOKEN") return answer(401, "", { "www-authenticate": 'Bearer realm="https://registry.test/token"' });
    if (pathname === "/v2/team/node/tags/list") return answer(200, JSON.stringify({ tags: tagged }));
    return answer(pathname === "/v2/team/image/manifests/v1.35.2" ? 200 : 404);
  };

function scene(spec: object) {
  const timeline = createTimeline(Date.UTC(2027, 0, 1));
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const client = inProcessClient(management.handler, { clock, random: () => random.next() });
  const apply = (object: object): void => applyTo(management.handler, object as Parameters<typeof applyTo>[1], "kubectl");
  apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const edit = (change: object): void =>
    apply({
      apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
      kind: "ReleaseCatalog",
      metadata: { name: "default" },
      spec: { ...spec, ...change },
    });
  edit({});
  const tagged = ["v1.34.0", "v1.35.2"];
  let object: KubernetesObject | undefined;
  const started = () =>
    releaseCatalogReconciler({
      // No source is in Git.
      tools: { client, namespace, clock, send: registry(tagged), repositories: undefined as unknown as SharedRepositories },
      get: () => object,
      status: statusWriter({ client, resource: releaseCatalogs, volatile: [] }),
      onChange: () => undefined,
    });
  let reconciler = started();
  return {
    edit,
    tagged,
    restart: () => {
      reconciler = started();
    },
    secret: (type: string, stringData: object): void => {
      const data = Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
      apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "mirror", namespace }, type, data });
    },
    /** What the catalog's status says after a look, `later` seconds from now. */
    looked: async (later = 0) => {
      await driveUntil(timeline, clock.sleep(later * 1_000));
      object = await driveUntil(timeline, client.get(releaseCatalogs, "default"));
      await driveUntil(timeline, reconciler.reconcile({ name: "default", namespace: "" }, new AbortController().signal));
      const read = await driveUntil(timeline, client.get(releaseCatalogs, "default"));
      expect(JSON.stringify(read)).not.toMatch(/SECRET|U0VDUkVU|TOKEN/);
      // The shape is the CRD's.
      return read["status"] as {
        readonly conditions: readonly {
          readonly type: string;
          readonly status: string;
          readonly reason: string;
          readonly message: string;
        }[];
        readonly sources: readonly { readonly name: string; readonly fetchedAt?: string; readonly reason?: string }[];
        readonly releases: readonly { readonly version: string; readonly missingImages?: readonly { readonly why: string }[] }[];
      };
    },
  };
}

const tags = (secretName?: string, interval = "1m"): object => ({
  sources: [
    {
      name: "mirror",
      interval,
      registryTags: {
        repository: "registry.test/team/node",
        templateKind: "DockerMachineTemplate",
        ...(secretName === undefined ? {} : { credentialsSecretRef: { name: secretName } }),
      },
    },
  ],
});

it("a private registry is read with its Secret; while that is missing, unusable, for another host or refused the catalog says which, and what it knew stays", async () => {
  const { secret, looked } = scene(tags("mirror"));
  const stalled = async (reason: string, ...words: readonly string[]): Promise<void> => {
    const { conditions, sources } = await looked(120);
    expect(conditions.map(({ type, status, reason: one }) => [type, status, one])).toEqual([
      ["Ready", "False", reason],
      ["Stalled", "True", reason],
    ]);
    expect(sources).toMatchObject([{ name: "mirror", reason }]);
    for (const word of words) expect(conditions[0]?.message).toContain(word);
  };
  await stalled(
    "SecretMissing",
    "There is no Secret operator/mirror, which is named for a registry of images.",
    "kubectl create secret -n operator docker-registry mirror",
  );
  secret("kubernetes.io/tls", { "tls.crt": "SECRET", "tls.key": "SECRET" });
  await stalled("SecretUnusable", "Secret operator/mirror holds no login for a registry", "of type kubernetes.io/tls", "tls.crt, tls.key");
  secret("kubernetes.io/dockerconfigjson", { ".dockerconfigjson": '{"credsStore":"desktop"}' });
  await stalled("SecretUnusable", "its .dockerconfigjson has no entry under `auths`");
  secret("kubernetes.io/dockerconfigjson", dockerConfig("other.test", "robot"));
  await stalled(
    "RegistryLoginMissing",
    "has no login for registry.test/team/node: its entries are for other.test.",
    "Add an entry for registry.test",
  );
  secret("kubernetes.io/dockerconfigjson", dockerConfig("registry.test", "somebody"));
  await stalled("RegistryLoginRefused", "does not take the login of Secret operator/mirror", "HTTP status 401");

  secret("kubernetes.io/dockerconfigjson", dockerConfig("https://registry.test/v2/", "robot"));
  const good = await looked(120);
  expect(good.conditions).toMatchObject([
    { type: "Ready", status: "True", reason: "Fetched", message: "2 versions, the newest is v1.35.2." },
  ]);
  expect(good.sources[0]).not.toHaveProperty("reason");

  secret("kubernetes.io/dockerconfigjson", dockerConfig("registry.test", "somebody"));
  const stale = await looked(120);
  expect(stale.releases.map(({ version }) => version)).toEqual(["v1.35.2", "v1.34.0"]);
  expect(stale.conditions).toMatchObject([{ type: "Ready", status: "True", reason: "SourcesStale" }]);
  expect(stale.sources).toMatchObject([{ reason: "RegistryLoginRefused" }]);
});

it("what a source told counts over restarts of the operator while it cannot be read, and no longer than that", async () => {
  const { secret, looked, restart, edit } = scene({ ...tags("mirror"), releases: [{ version: "v1.33.1" }] });
  const versions = ({ releases }: { readonly releases: readonly { readonly version: string }[] }): readonly string[] =>
    releases.map(({ version }) => version);
  secret("kubernetes.io/basic-auth", { username: "robot", password: "SECRET" });
  const good = await looked(120);
  expect(versions(good)).toEqual(["v1.35.2", "v1.34.0", "v1.33.1"]);
  secret("kubernetes.io/basic-auth", { username: "somebody", password: "SECRET" });
  for (const _ of [1, 2]) {
    restart();
    const stale = await looked(600);
    expect(versions(stale)).toEqual(["v1.35.2", "v1.34.0", "v1.33.1"]);
    // Since when is known too.
    expect(stale.sources).toMatchObject([
      {},
      { name: "mirror", stale: true, fetchedAt: good.sources[1]?.fetchedAt, reason: "RegistryLoginRefused" },
    ]);
    expect(versions(await looked(600))).toEqual(versions(good));
  }
  edit({ releases: [{ version: "v1.33.1" }], images: [{ templateKind: "A", image: "a:{version}" }] });
  expect(versions(await looked())).toEqual(versions(good));
  // Whose word it was nobody knows: of another list nothing is kept.
  edit({ releases: [{ version: "v1.33.2" }] });
  expect(versions(await looked())).toEqual(["v1.33.2"]);
  secret("kubernetes.io/basic-auth", { username: "robot", password: "SECRET" });
  expect(versions(await looked(600))).toEqual(["v1.35.2", "v1.34.0", "v1.33.2"]);
});

it.each([
  ["read again since", () => undefined, ["v1.35.2", "v1.34.0"]],
  ["whose catalog was edited meanwhile", (edit: (spec: object) => void) => edit({ releases: [{ version: "v1.33.2" }] }), ["v1.33.2"]],
])("over a restart nothing is kept of a source %s", async (_, meanwhile, expected) => {
  const { secret, looked, restart, edit, tagged } = scene(tags("mirror"));
  secret("kubernetes.io/basic-auth", { username: "robot", password: "SECRET" });
  tagged.push("v1.32.0");
  expect((await looked()).releases).toHaveLength(3);
  restart();
  tagged.pop();
  if (expected.length === 1) secret("kubernetes.io/basic-auth", { username: "somebody", password: "SECRET" });
  meanwhile(edit);
  expect((await looked(600)).releases.map(({ version }) => version)).toEqual(expected);
});

it.each([
  ["kubernetes.io/basic-auth", { username: "robot\n", password: "SECRET\n" }, "Fetched"],
  ["Opaque", { username: "robot", token: "SECRET" }, "Fetched"],
  ["kubernetes.io/basic-auth", { username: "somebody", password: "SECRET" }, "RegistryLoginRefused"],
  ["kubernetes.io/basic-auth", { username: "", password: "SECRET" }, "SecretUnusable"],
  ["kubernetes.io/basic-auth", { username: "robot", password: "" }, "SecretUnusable"],
  ["Opaque", {}, "SecretUnusable"],
])("a Secret of type %s with %j: %s", async (type, data, reason) => {
  const { secret, looked } = scene(tags("mirror"));
  secret(type, data);
  expect((await looked()).conditions[0]?.reason).toBe(reason);
});

it("a private registry without a Secret is told as one", async () => {
  const { conditions } = await scene(tags()).looked();
  expect(conditions[0]).toMatchObject({ reason: "RegistryLoginNeeded", message: expect.stringContaining("credentialsSecretRef") });
});

it("images that must exist are looked for with the Secret of their rule", async () => {
  const { secret, looked } = scene({
    releases: [{ version: "v1.35.2" }, { version: "v1.35.3" }],
    images: [
      {
        templateKind: "DockerMachineTemplate",
        image: "registry.test/team/image:{version}",
        mustExist: true,
        credentialsSecretRef: { name: "mirror" },
      },
    ],
  });
  const missing = async (): Promise<readonly (string | undefined)[]> =>
    (await looked(600)).releases.map(({ missingImages = [] }) => missingImages[0]?.why);
  const absent = "There is no Secret operator/mirror, which is named for a registry of images.";
  expect(await missing()).toEqual([absent, absent]);
  secret("kubernetes.io/basic-auth", { username: "somebody", password: "SECRET" });
  expect(await missing()).toEqual(
    Array(2).fill(expect.stringContaining("does not take the login of Secret operator/mirror for registry.test/team/image")),
  );
  secret("kubernetes.io/basic-auth", { username: "robot", password: "SECRET" });
  expect(await missing()).toEqual(["registry.test/team/image:v1.35.3 is not in its registry", undefined]);
});

it("a Secret that is made is found within minutes, however long it was missing and however seldom its source is asked", async () => {
  const { secret, looked } = scene(tags("mirror", "1d"));
  for (let look = 0; look < 40; look += 1) expect((await looked(300)).conditions[0]?.reason).toBe("SecretMissing");
  secret("kubernetes.io/basic-auth", { username: "robot", password: "SECRET" });
  expect((await looked(300)).conditions[0]?.reason).toBe("Fetched");
});

it("sources that differ are told in a condition while they do", async () => {
  const { secret, looked, edit } = scene({
    ...tags("mirror"),
    releases: [{ version: "v1.35.2", images: [{ templateKind: "DockerMachineTemplate", image: "ours:v1.35.2" }] }],
  });
  secret("kubernetes.io/basic-auth", { username: "robot", password: "SECRET" });
  const { conditions } = await looked();
  expect(conditions).toMatchObject([
    { type: "Ready", status: "True", reason: "Fetched" },
    {
      type: "Conflicting",
      status: "True",
      reason: "SourcesDiffer",
      message: expect.stringContaining(
        "v1.35.2 image: DockerMachineTemplate ours:v1.35.2 by this object is taken, DockerMachineTemplate registry.test/team/node:v1.35.2 by mirror is not.",
      ),
    },
  ]);
  edit({ releases: [{ version: "v1.35.2" }] });
  expect((await looked()).conditions.map(({ type }) => type)).toEqual(["Ready"]);
});
