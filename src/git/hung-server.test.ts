import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import type { GitRepository } from "./git-repository.ts";
import { openRepository } from "./open-repository.ts";
import { httpRemote, type Gate, type HttpRemote } from "./testing/http-remote.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

/** Seconds that a commit may take in all; far less than a git command's own limit. */
const workSeconds = 3;

let remote: LocalRemote;
let server: HttpRemote;
let repository: GitRepository;
/** What the server does with a push and with a fetch. */
let hangs: { readonly push?: "unheard" | "unanswered"; readonly fetch?: "unheard" };

beforeEach(async () => {
  remote = await localRemote();
  hangs = {};
  const gate: Gate = ({ method, url = "" }) => {
    if (method !== "POST") return undefined;
    return url.endsWith("/git-receive-pack") ? hangs.push : url.endsWith("/git-upload-pack") ? hangs.fetch : undefined;
  };
  server = await httpRemote(remote.path, gate);
  const environment = { PATH: process.env["PATH"] };
  repository = await openRepository({ url: server.url }, { clock: systemClock, environment, random: () => 0, workSeconds });
});
afterEach(async () => {
  await server.close();
  await repository.dispose();
  await remote.dispose();
});

const change = versionChange("v1.35.2");
const committed = (): Promise<readonly string[]> => remote.commitsWith(`Upgrade-Id: ${change.upgradeId}`);

describe("a server that accepts and never answers", () => {
  it.each(["unheard", "unanswered"] as const)(
    "a push that stays %s: git is ended at the limit, and there is one commit in the end",
    async (push) => {
      hangs = { push };
      await expect(repository.transact(change)).rejects.toMatchObject({ kind: "timeout", transient: true });
      // The connection is let go: nothing of git is left that could still push.
      await server.quiet();
      expect(await committed()).toHaveLength(push === "unheard" ? 0 : 1);
      hangs = {};
      expect(await repository.transact(change)).toMatchObject({
        kind: push === "unheard" ? "pushed" : "already",
        commit: await remote.tip(),
      });
      expect(await committed()).toHaveLength(1);
    },
  );

  it("says that nothing is written twice, and what to look at", async () => {
    hangs = { push: "unheard" };
    const error = await repository.transact(change).catch((caught: unknown) => caught);
    expect(String(error)).toContain(`${server.url} did not take a commit within ${workSeconds} s`);
    expect(String(error)).toContain("Whether it has it all the same is looked up before anything is written again");
  });

  it("those behind it in the queue wait no longer than it does, and their turn does not come late", async () => {
    hangs = { push: "unheard" };
    const other = versionChange("v1.35.3");
    const [first, second] = await Promise.allSettled([repository.transact(change), repository.transact(other)]);
    expect([first.status, second.status]).toEqual(["rejected", "rejected"]);
    hangs = {};
    await server.quiet();
    expect(await repository.transact(versionChange("v1.35.4"))).toMatchObject({ kind: "pushed" });
    expect(await remote.commitsWith("Upgrade-Id: ")).toHaveLength(1);
    expect(await remote.show("clusters/demo.yaml")).toBe("version: v1.35.4");
  });

  it("a file that has to be fetched first is waited for no longer either", async () => {
    await remote.commit({ "clusters/other.yaml": "version: v1.34.1\n" });
    const { commit } = await repository.fetch();
    hangs = { fetch: "unheard" };
    await expect(repository.filesAt(commit).read("clusters/other.yaml")).rejects.toMatchObject({ kind: "timeout" });
    hangs = {};
    expect(await repository.filesAt(commit).read("clusters/other.yaml")).toBe("version: v1.34.1\n");
  });
});
