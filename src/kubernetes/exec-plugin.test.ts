import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { loadEndpoint, type ApiEndpoint } from "./credentials.ts";
import { CredentialsError } from "./errors.ts";
import { runExecPlugin } from "./exec-plugin.ts";
import {
  scriptedServer,
  sendJson,
  statusObject,
  testCa,
  testCertificate,
  testKey,
  type ScriptedServer,
} from "./testing/scripted-server.ts";
import { testClock } from "./testing/test-clock.ts";

const apiVersion = "client.authentication.k8s.io/v1";
const credential = (status: Readonly<Record<string, unknown>>): string => JSON.stringify({ kind: "ExecCredential", apiVersion, status });

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exec-plugin-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A plugin that notes each of its runs, and what it was asked, in files beside it. */
async function plugin(script: string, name = "plugin"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho run >> "${folder}/runs"\nprintf '%s' "$KUBERNETES_EXEC_INFO" > "${folder}/info"\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const printing = (text: string): string => `cat <<'END'\n${text}\nEND`;
const runs = async (): Promise<number> => (await readFile(join(folder, "runs"), "utf8").catch(() => "")).split("\n").length - 1;

describe("runExecPlugin", () => {
  const run = async (exec: Readonly<Record<string, unknown>>, terminal = false) =>
    runExecPlugin({
      exec: { apiVersion, ...exec },
      cluster: { server: "https://s" },
      environment: { PATH: process.env["PATH"], A: "1", B: "2" },
      terminal,
    });

  it("gives token, certificate and end; arguments, environment and request reach the plugin", async () => {
    const status = `{"token":"$1-$A-$B","clientCertificateData":"c","clientKeyData":"k","expirationTimestamp":"2027-01-01T00:00:00Z"}`;
    const command = await plugin(
      `printf '%s' "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"${apiVersion}\\",\\"status\\":${status.replaceAll('"', '\\"')}}"`,
    );
    expect(await run({ command, args: ["x"], env: [{ name: "B", value: "3" }, { name: "C" }, null] })).toEqual({
      token: "x-1-3",
      certificate: "c",
      key: "k",
      expiresAt: Date.UTC(2027, 0, 1),
    });
    expect(JSON.parse(await readFile(join(folder, "info"), "utf8"))).toEqual({
      kind: "ExecCredential",
      apiVersion,
      spec: { interactive: false },
    });
  });

  it("tells the plugin about the cluster where the kubeconfig says so", async () => {
    await run({ command: await plugin(printing(credential({ token: "t" }))), provideClusterInfo: true });
    const info = JSON.parse(await readFile(join(folder, "info"), "utf8")) as unknown;
    expect(info).toMatchObject({ spec: { cluster: { server: "https://s" } } });
  });

  it("without an end a credential is good until it is refused", async () => {
    expect((await run({ command: await plugin(printing(credential({ token: "t" }))) })).expiresAt).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ["no command", {}, "names no command"],
    [
      "an old version",
      { command: "x", apiVersion: "client.authentication.k8s.io/v1alpha1" },
      'is set up for "client.authentication.k8s.io/v1alpha1"; only',
    ],
    [
      "not installed",
      { command: "no-such-plugin" },
      "The credential plugin no-such-plugin was not found. Install it, put it on the PATH, or use another context.",
    ],
    [
      "not installed, with a hint",
      { command: "no-such-plugin", installHint: "brew install it" },
      "The credential plugin no-such-plugin was not found. brew install it",
    ],
    ["not a program", { command: "/etc" }, "The credential plugin /etc cannot be run (EACCES)."],
    ["somebody to ask", { command: "x", interactiveMode: "Always" }, "standard input is not a terminal"],
  ])("%s", async (_, exec, message) => {
    const error = await run(exec).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).toContain(message);
  });

  it.each([
    ["it fails", "echo 'please log in' >&2; exit 3", /failed with exit status 3: please log in$/],
    ["it fails without a word", "exit 1", /failed with exit status 1: it gave no reason\.$/],
    ["it is killed", "kill -9 $$", /was ended by SIGKILL/],
    [
      "its standard error holds a token",
      "echo 'Authorization: Bearer s3cret eyJhbGciOi.eyJzdWIi.c2ln' >&2; exit 1",
      /: Authorization: Bearer \(token\) \(token\)$/,
    ],
    ["its output is no JSON", printing("s3cret"), /did not print an ExecCredential\.$/],
    ["its output is something else", printing('{"kind":"s3cret"}'), /did not print an ExecCredential\.$/],
    ["its output is a list", printing('["s3cret"]'), /did not print an ExecCredential\.$/],
    [
      "another version",
      printing(credential({ token: "s3cret" }).replace("/v1", "/v1beta1")),
      /answered in another version than the kubeconfig asks for/,
    ],
    ["no status", printing(JSON.stringify({ kind: "ExecCredential", apiVersion })), /gave neither a token nor a client certificate/],
    ["half a certificate", printing(credential({ clientCertificateData: "s3cret" })), /gave neither a token nor a client certificate/],
  ])("%s: told without secrets", async (_, script, message) => {
    const error = await run({ command: await plugin(script) }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).toMatch(message);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("s3cret");
  });
});

describe("a plugin as part of an endpoint", () => {
  const clock = testClock();
  let server: ScriptedServer;
  let refused: string[];
  /** Answers that wait to be sent. */
  let answerSlow: (() => void)[];
  let endpoint: ApiEndpoint | undefined;
  const seen: (string | undefined)[] = [];

  beforeEach(async () => {
    refused = [];
    answerSlow = [];
    seen.length = 0;
    server = await scriptedServer((request, response) => {
      seen.push(request.headers.authorization);
      const bad = refused.includes(request.headers.authorization ?? "");
      if (bad && request.url === "/slow") return answerSlow.push(() => sendJson(response, statusObject(401, "Unauthorized"), 401));
      return sendJson(response, bad ? statusObject(401, "Unauthorized") : { gitVersion: "v1" }, bad ? 401 : 200);
    });
  });

  afterEach(async () => {
    endpoint?.close();
    await server.close();
  });

  async function load(
    exec: Readonly<Record<string, unknown>>,
    cluster: Readonly<Record<string, unknown>> = {},
    target = server,
  ): Promise<ApiEndpoint> {
    await writeFile(join(folder, "config"), target.kubeconfig({ exec: { apiVersion, ...exec } }, cluster));
    endpoint = await loadEndpoint({ clock, kubeconfig: join(folder, "config"), environment: { PATH: process.env["PATH"] } });
    return endpoint;
  }

  const counting = `printf '{"kind":"ExecCredential","apiVersion":"${apiVersion}","status":{"token":"t%s"%s}}' $(wc -l < "$(dirname "$0")/runs")`;

  it("is named relative to the kubeconfig, and run once for requests that come together", async () => {
    await plugin(`${counting} ''`);
    const client = createClient(await load({ command: "./plugin" }), { clock });
    await Promise.all([client.version(), client.version(), client.version()]);
    clock.advance(3_600_000);
    await client.version();
    expect(seen).toEqual(Array.from({ length: 4 }, () => "Bearer t1"));
    expect(await runs()).toBe(1);
  });

  it("is run again when its credential has expired", async () => {
    const end = new Date(clock.now() + 30_000).toISOString();
    await plugin(`${counting} ',"expirationTimestamp":"${end}"'`);
    const client = createClient(await load({ command: "./plugin" }), { clock });
    await client.version();
    clock.advance(29_999);
    await client.version();
    clock.advance(1);
    await client.version();
    expect(seen).toEqual(["Bearer t1", "Bearer t1", "Bearer t2"]);
  });

  it("is run again, once, when the server refuses what it gave to many requests", async () => {
    await plugin(`${counting} ''`);
    const client = createClient(await load({ command: "./plugin" }), { clock });
    await client.version();
    refused = ["Bearer t1"];
    await Promise.all([client.version(), client.version(), client.version()]);
    expect(await runs()).toBe(2);
    refused = ["Bearer t2", "Bearer t3"];
    await expect(client.version()).rejects.toMatchObject({ status: 401 });
    expect(await runs()).toBe(3);
  });

  it("is not run again for a request that was refused with what has been replaced meanwhile", async () => {
    await plugin(`${counting} ''`);
    const client = createClient(await load({ command: "./plugin" }), { clock });
    await client.version();
    refused = ["Bearer t1"];
    const slow = client.getPath("/slow");
    while (answerSlow.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await client.version();
    for (const answer of answerSlow) answer();
    await slow;
    expect(seen).toEqual(["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2"]);
    expect(await runs()).toBe(2);
  });

  it("may give a client certificate", async () => {
    const strict = await scriptedServer((_, response) => sendJson(response, { gitVersion: "v2" }), { requestClientCertificate: true });
    await plugin(printing(credential({ clientCertificateData: testCertificate, clientKeyData: testKey })));
    const client = createClient(await load({ command: "./plugin" }, {}, strict), { clock });
    expect(await client.version()).toBe("v2");
    await strict.close();
  });

  it("is told of the cluster with its authority as data", async () => {
    await plugin(printing(credential({ token: "t" })));
    await writeFile(join(folder, "ca.crt"), testCa);
    const extensions = [{ name: "other" }, { name: "client.authentication.k8s.io/exec", extension: { audience: "x" } }];
    const settings = { "certificate-authority-data": undefined, "certificate-authority": "ca.crt", extensions };
    await createClient(await load({ command: "./plugin", provideClusterInfo: true }, settings), { clock }).version();
    expect((JSON.parse(await readFile(join(folder, "info"), "utf8")) as { spec: unknown }).spec).toEqual({
      interactive: false,
      cluster: { server: server.url, "certificate-authority-data": Buffer.from(testCa).toString("base64"), config: { audience: "x" } },
    });
  });
});
