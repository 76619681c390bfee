import { spawnSync } from "node:child_process";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../clock.ts";
import { httpClient } from "../../http/http-client.ts";
import type { GitCredentials } from "../credentials.ts";
import { ForgeError } from "./forge-error.ts";
import { forgeToken, openForge } from "./open-forge.ts";

const send = httpClient({ environment: {}, userAgent: "test" });
const location = { kind: "gitlab", apiUrl: "https://gitlab.example/api/v4", repository: "acme/fleet" } as const;

async function failure(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a forge is not opened", () => {
  it.each([
    ["with a token over plain http", { ...location, apiUrl: "http://gitlab.example/api/v4" }, "glpat-1"],
    ["with a token of two lines", location, "glpat-1\nx"],
  ])("%s", async (_, where, token) => {
    const error = await failure(openForge(where, { clock: systemClock, send, token }));
    expect(error).toMatchObject({ kind: "configuration" });
    expect(String(error)).not.toContain("glpat-1");
  });

  it("is, over plain http, when that is said", async () => {
    const where = { ...location, apiUrl: "http://gitlab.example/api/v4" };
    expect((await openForge(where, { clock: systemClock, send, token: "glpat-1", allowPlainHttp: true })).kind).toBe("gitlab");
  });
});

it("gives up on a forge that never answers", async () => {
  const silent = createTcpServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  const forge = await openForge(
    { ...location, apiUrl: `http://127.0.0.1:${port}/api/v4` },
    { clock: systemClock, send, token: "t", timeoutSeconds: 0.2 },
  );
  const error = await failure(forge.look(1));
  silent.close();
  expect(error).toBeInstanceOf(ForgeError);
  expect(error).toMatchObject({ kind: "timeout", transient: true });
});

it("tells TLS and unknown hosts apart", async () => {
  const plain = createTcpServer((socket) => socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  const { port } = plain.address() as AddressInfo;
  const tls = await openForge({ ...location, apiUrl: `https://127.0.0.1:${port}/api/v4` }, { clock: systemClock, send, token: "t" });
  expect(await failure(tls.look(1))).toMatchObject({ kind: "tls" });
  plain.close();
  const nowhere = await openForge({ ...location, apiUrl: "https://no-such-host.invalid/api/v4" }, { clock: systemClock, send, token: "t" });
  expect(await failure(nowhere.look(1))).toMatchObject({ kind: "unknown-host", transient: true });
});

describe("the token", () => {
  it.each<[what: string, url: string, credentials: GitCredentials | undefined, own: string | undefined, token: string | undefined]>([
    ["is Git's", "https://github.com/a/b", { kind: "token", token: " ghp_1\n" }, undefined, "ghp_1"],
    ["is the forge's own where there is one", "https://github.com/a/b", { kind: "token", token: "ghp_1" }, "ghp_2\n", "ghp_2"],
    ["is the forge's own beside an ssh key", "git@github.com:a/b", { kind: "ssh-key", privateKey: "k", knownHosts: "h" }, "ghp_2", "ghp_2"],
    ["is none with an ssh key alone", "git@github.com:a/b", { kind: "ssh-key", privateKey: "k", knownHosts: "h" }, undefined, undefined],
    ["is the URL's", "https://x:ghp_3@github.com/a/b", undefined, " ", "ghp_3"],
    ["is the URL's user name", "https://ghp_3@github.com/a/b", undefined, undefined, "ghp_3"],
    ["is none", "https://github.com/a/b", undefined, undefined, undefined],
  ])("%s", (_, url, credentials, own, token) => {
    expect(forgeToken(url, credentials, own)).toBe(token);
  });
});

it("is loaded without any forge's library", () => {
  const load = "import('./src/git/forges/open-forge.ts')";
  const { stderr } = spawnSync(process.execPath, ["--import", "tsx", "--import", traceLoads, "-e", load], { encoding: "utf8" });
  expect(stderr).toContain("/forges/open-forge.ts");
  expect(stderr).not.toMatch(/octokit|gitea-js|valibot/);
});

/** Writes the URL of every module that is loaded to standard error. */
const traceLoads = dataUrl(
  `import { register } from "node:module"; register(${JSON.stringify(dataUrl("export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }"))});`,
);

function dataUrl(script: string): string {
  return `data:text/javascript,${encodeURIComponent(script)}`;
}
