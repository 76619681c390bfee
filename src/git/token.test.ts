import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import type { GitCredentials } from "./credentials.ts";
import { GitError } from "./git-error.ts";
import type { GitRepository } from "./git-repository.ts";
import { openRepository, type OpenOptions } from "./open-repository.ts";
import { httpRemote, tokenGate, type Gate, type HttpRemote } from "./testing/http-remote.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";
import { recordedGit } from "./testing/wrapped-program.ts";

const token = "ghp_s3cr3t/+&=token";
const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
const traces = [token, encodeURIComponent(token), basic, Buffer.from(token).toString("base64")];

let remote: LocalRemote;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  remote = await localRemote();
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await remote.dispose();
});

async function serve(gate: Gate): Promise<HttpRemote> {
  const server = await httpRemote(remote.path, gate);
  closers.push(() => server.close());
  return server;
}

async function open(url: string, credentials?: GitCredentials, options: Partial<OpenOptions> = {}): Promise<GitRepository> {
  const repository = await openRepository(
    { url, ...(credentials === undefined ? {} : { credentials }) },
    { clock: systemClock, environment: { PATH: process.env["PATH"] }, ...options },
  );
  closers.push(() => repository.dispose());
  return repository;
}

async function failure(attempt: Promise<unknown>): Promise<GitError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GitError);
  return error as GitError;
}

describe("a token", () => {
  it.each([
    ["as credentials", (url: string) => [url, { kind: "token", token }] as const],
    [
      "with a user name",
      (url: string) => [url.replace("//", "//x-access-token@"), { kind: "token", username: "x-access-token", token }] as const,
    ],
    ["in the URL", (url: string) => [url.replace("//", `//x-access-token:${encodeURIComponent(token)}@`), undefined] as const],
    [
      "in the URL, for a person's own credentials",
      (url: string) => [url.replace("//", `//x-access-token:${encodeURIComponent(token)}@`), { kind: "ambient" }] as const,
    ],
  ])("%s reads and pushes, and is in no argv, no file, no message", async (_, given) => {
    const server = await serve(tokenGate("x-access-token", token));
    const recorded = await recordedGit(remote.directory);
    const [url, credentials] = given(server.url);
    const written: string[] = [];
    const repository = await open(url, credentials, {
      environment: { ...recorded.environment, HOME: remote.directory, TMPDIR: remote.directory },
      cacheDirectory: join(remote.directory, "cache"),
      onStep: async () => void written.push(await allFiles(join(remote.directory, "cache"))),
    });
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed" });
    expect(await remote.show("clusters/demo.yaml")).toBe("version: v1.35.2");

    const seen = await recorded.argv();
    expect(seen).toContain("git remote-http");
    expect(seen).toContain("push --porcelain");
    for (const trace of traces) {
      expect(seen).not.toContain(trace);
      expect(written.join("")).not.toContain(trace);
      expect(repository.url).not.toContain(trace);
    }
    // One header at once: no request is answered with a challenge first.
    expect(server.requests.every(({ authorization }) => authorization === `Basic ${basic}`)).toBe(true);
  });

  it("is accepted as the user name of a URL", async () => {
    const server = await serve(tokenGate(token, ""));
    const repository = await open(server.url.replace("//", `//${encodeURIComponent(token)}@`));
    expect((await repository.fetch()).commit).toBe(await remote.tip());
  });

  it.each([
    [401, "authentication"],
    [403, "authorization"],
    [404, "not-found"],
  ] as const)("that the server answers with %d is told as %s, without the token", async (status, kind) => {
    const server = await serve(tokenGate("x-access-token", "another", status));
    const error = await failure(open(server.url, { kind: "token", token }));
    expect(error).toMatchObject({ kind, transient: false });
    for (const trace of traces) expect(`${error.message}${error.stack}${error.output}${JSON.stringify(error)}`).not.toContain(trace);
  });

  it("that may read and not write is told as authorization", async () => {
    const server = await serve(({ url }) => (url?.includes("git-receive-pack") ? { status: 403 } : undefined));
    const repository = await open(server.url, { kind: "token", token });
    const error = await failure(repository.transact(versionChange("v1.35.2")));
    expect(error.kind).toBe("authorization");
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(0);
  });

  it("does not follow a redirect to another host", async () => {
    const thief = await serve(() => undefined);
    const server = await serve(({ url }) => ({ status: 301, headers: { location: new URL(url ?? "/", thief.url).href } }));
    expect(await failure(open(server.url, { kind: "token", token }))).toMatchObject({ kind: "moved" });
    expect(thief.requests).toEqual([]);
  });

  it.each([
    ["http://git.example.org/a.git", { kind: "token", token }],
    ["git@git.example.org:a.git", { kind: "token", token }],
    ["https://git.example.org/a.git", { kind: "token", token: "a\nb" }],
    ["https://git.example.org/a.git", { kind: "ssh-key", privateKey: "x", knownHosts: "y" }],
    ["git@git.example.org:a.git", { kind: "ssh-key", privateKey: "x", knownHosts: " " }],
  ] as const)("%s with %o does not fit: no connection", async (url, credentials) => {
    const error = await failure(open(url, credentials));
    expect(error.kind).toBe("configuration");
    expect(error.message).not.toContain(token);
  });

  it("may travel over http when that is said", async () => {
    const error = await failure(open("http://git.invalid/a.git", { kind: "token", token }, { allowPlainHttp: true }));
    expect(error).toMatchObject({ kind: "unknown-host", transient: true });
  });
});

describe("no credentials", () => {
  it("are enough where none are wanted", async () => {
    const server = await serve(() => undefined);
    expect(await (await open(server.url)).transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed" });
  });

  it("are told as such, not asked for at a terminal", async () => {
    const server = await serve(tokenGate("x-access-token", token));
    expect(await failure(open(server.url))).toMatchObject({ kind: "authentication" });
  });
});

describe("the server", () => {
  it.each([
    [500, "unreachable", true],
    [429, "unreachable", true],
  ] as const)("that answers %d is %s", async (status, kind, transient) => {
    const server = await serve(() => ({ status }));
    expect(await failure(open(server.url))).toMatchObject({ kind, transient });
  });

  it("that is not there is unreachable, and that no name leads to is an unknown host", async () => {
    const server = await httpRemote(remote.path);
    await server.close();
    expect(await failure(open(server.url))).toMatchObject({ kind: "unreachable" });
    expect(await failure(open("https://no-such-host.invalid/a.git"))).toMatchObject({ kind: "unknown-host" });
  });

  it("that speaks no TLS is told as such", async () => {
    const server = await serve(() => undefined);
    expect(await failure(open(server.url.replace("http:", "https:")))).toMatchObject({ kind: "tls" });
  });

  it("that never answers is given up", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    closers.push(async () => void silent.close());
    const { port } = silent.address() as { port: number };
    expect(await failure(open(`http://127.0.0.1:${port}/a.git`, undefined, { timeoutSeconds: 0.3 }))).toMatchObject({
      kind: "timeout",
      transient: true,
    });
  });

  it("may break the connection after it took the push: the push is looked for, and found", async () => {
    const server = await serve(() => undefined);
    const repository = await open(server.url);
    // Dies between updating the branch and reporting it.
    await remote.hook("reference-transaction", 'if [ "$1" = committed ] && grep -q refs/heads/main; then kill -9 "$PPID"; fi');
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed", commit: await remote.tip() });
  });
});

async function allFiles(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const contents = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
  );
  return contents.join("\n");
}
