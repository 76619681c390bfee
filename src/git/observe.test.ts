import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { httpClient } from "../http/http-client.ts";
import { fakeForge, fakeRepositories, fakeToken } from "./forges/testing/fake-forge.ts";
import { openForge } from "./forges/open-forge.ts";
import type { GitRepository } from "./git-repository.ts";
import type { RemoteOperation } from "./observe.ts";
import { openRepository } from "./open-repository.ts";
import { httpRemote } from "./testing/http-remote.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

let remote: LocalRemote;
let told: RemoteOperation[];
const closers: (() => Promise<void>)[] = [];
const onOperation = (operation: RemoteOperation): void => void told.push(operation);
const words = (): string[] => told.map(({ operation, outcome }) => `${operation} ${outcome}`);

beforeEach(async () => {
  remote = await localRemote();
  told = [];
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await remote.dispose();
});

async function open(url = remote.path): Promise<GitRepository> {
  const repository = await openRepository({ url }, { clock: systemClock, environment: { PATH: process.env["PATH"] }, onOperation });
  closers.push(() => repository.dispose());
  return repository;
}

describe("exchanges with a Git server are told", () => {
  it("of a commit: the copy, the files that it needs, the push; nothing of what git does here", async () => {
    const repository = await open();
    await repository.transact(versionChange("v1.35.2"));
    expect(words()).toEqual(["clone done", "fetch done", "push done"]);
    expect(told.every(({ seconds }) => seconds >= 0 && seconds < 60)).toBe(true);
  });

  it("a push that the remote does not want is refused, not done", async () => {
    await remote.hook("pre-receive", "exit 1");
    const repository = await open();
    await repository.transact(versionChange("v1.35.2"));
    expect(words().at(-1)).toBe("push refused");
  });

  it.each([
    ["that refuses", { status: 403 }, "clone refused"],
    ["that is in trouble", { status: 503 }, "clone failed"],
  ])("a server %s", async (_, answer, last) => {
    const server = await httpRemote(remote.path, () => answer);
    closers.push(() => server.close());
    await expect(open(server.url)).rejects.toThrow();
    expect(words()).toEqual([last]);
  });
});

describe("operations on a forge are told", () => {
  const send = httpClient({ environment: {}, userAgent: "test" });

  it("by what was asked, and how it ended", async () => {
    const fake = await fakeForge("gitea", remote);
    closers.push(() => fake.close());
    const location = { kind: "gitea", apiUrl: fake.apiUrl, repository: fakeRepositories.gitea } as const;
    const forge = await openForge(location, { clock: systemClock, send, token: fakeToken, onOperation });
    await forge.find("upgrade", "main");
    await expect(forge.look(99)).rejects.toThrow();
    expect(words()).toEqual(["forge-find done", "forge-look refused"]);
  });

  it("of one that is away: failed", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const location = { kind: "gitlab", apiUrl: `http://127.0.0.1:${port}/api/v4`, repository: "acme/fleet" } as const;
    const forge = await openForge(location, { clock: systemClock, send, token: "t", onOperation });
    await expect(forge.look(1)).rejects.toThrow();
    expect(words()).toEqual(["forge-look failed"]);
  });
});
