import { describe, expect, it } from "vitest";
import type { FoundSource, GitOpsEngine, GitSource } from "../../gitops/engine.ts";
import { noEngine } from "../../gitops/none.ts";
import { GitError } from "../../git/git-error.ts";
import type { GitRepository } from "../../git/git-repository.ts";
import { createTimeline, driveUntil, timelineClock } from "../../sandbox/engine/timeline.ts";
import type { GitSettings } from "../api/settings.ts";
import { declaredWhere } from "./declared-where.ts";
import { gitCredentialsOf } from "./secret-credentials.ts";
import { sharedRepositories } from "./shared-repositories.ts";

describe("credentials in a Secret", () => {
  it.each([
    ["a token", { token: "t0ken\n" }, { kind: "token", token: "t0ken" }],
    ["basic auth", { username: "bot", password: "pass" }, { kind: "token", username: "bot", token: "pass" }],
    ["ssh-auth", { "ssh-privatekey": "KEY", known_hosts: "host key" }, { kind: "ssh-key", privateKey: "KEY", knownHosts: "host key" }],
    ["Flux's ssh", { identity: "KEY", known_hosts: "host key" }, { kind: "ssh-key", privateKey: "KEY", knownHosts: "host key" }],
  ])("%s", (_, values, expected) => {
    expect(gitCredentialsOf(values as Readonly<Record<string, string>>, "Secret a/b")).toEqual(expected);
  });

  it.each([
    ["nothing", {}],
    ["other keys", { pw: "hunter2" }],
    ["an empty token", { token: " " }],
    ["an ssh key for any server", { identity: "hunter2" }],
  ])("%s: says what is missing, and no value", (_, values) => {
    const read = (): unknown => gitCredentialsOf(values, "Secret a/b");
    expect(read).toThrow(/Secret a\/b/);
    expect(read).not.toThrow(/hunter2/);
  });
});

const cluster = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "fleet", name: "demo" };
const settings: GitSettings = {
  mode: "push",
  credentialsSecret: undefined,
  useEngineCredentials: false,
  repository: { url: undefined, branch: undefined, path: undefined },
  author: undefined,
  signOff: false,
  signingSecret: undefined,
  forge: { kind: undefined, apiUrl: undefined },
  pullRequestPer: "cluster",
  autoMerge: false,
};
const argo = {
  engine: "argo-cd",
  name: "Argo CD application argocd/capi",
  repoURL: "https://git.example.com/fleet.git",
  branch: "main",
  path: "clusters",
} as GitSource;

function engineThatFinds(found: FoundSource): GitOpsEngine {
  return { ...noEngine(), findSource: () => Promise.resolve(found) };
}

describe("where a cluster is declared", () => {
  const found = engineThatFinds({ kind: "found", sources: [argo] });
  const repository = (url: string, more: Partial<GitSettings["repository"]> = {}): GitSettings => ({
    ...settings,
    repository: { url, branch: undefined, path: undefined, ...more },
  });

  it.each([
    ["as the engine says", found, settings, { kind: "git", url: argo.repoURL, branch: "main", directory: "clusters", source: argo }],
    [
      "as the settings say, the engine's repository written otherwise",
      found,
      repository("git@git.example.com:fleet", { path: "other" }),
      { kind: "git", url: "git@git.example.com:fleet", branch: "main", directory: "other", source: argo },
    ],
    [
      "another repository than the engine's",
      found,
      repository("https://git.example.com/else", { branch: "live" }),
      { kind: "git", url: "https://git.example.com/else", branch: "live", directory: undefined, source: undefined },
    ],
    [
      "without an engine",
      noEngine(),
      repository("file:///fleet.git"),
      { kind: "git", url: "file:///fleet.git", branch: undefined, directory: undefined, source: undefined },
    ],
    ["in the object itself", found, { ...settings, mode: "direct" as const }, { kind: "direct" }],
  ])("%s", async (_, engine, git, expected) => {
    expect(await declaredWhere(engine, cluster, git)).toEqual(expected);
  });

  it("nowhere: says what to do, and never falls back to changing the object", async () => {
    await expect(declaredWhere(noEngine(), cluster, settings)).rejects.toMatchObject({ name: "StalledError", reason: "NoGitSource" });
  });

  it("where the engine's answer is a refusal, it is passed on, unless the settings know better", async () => {
    const refusing = engineThatFinds({ kind: "refused", refusal: { reason: "ApplicationMissing", message: "m", remedy: "r" } });
    await expect(declaredWhere(refusing, cluster, settings)).rejects.toMatchObject({ reason: "ApplicationMissing", remedy: "r" });
    expect(await declaredWhere(refusing, cluster, repository("https://git.example.com/fleet"))).toMatchObject({ source: undefined });
  });
});

describe("shared repositories", () => {
  function scene() {
    const timeline = createTimeline(0);
    const counts = { opened: 0, fetched: 0, disposed: 0 };
    let fail = false;
    const repositories = sharedRepositories({
      clock: timelineClock(timeline),
      open: ({ url, branch = "main" }) => {
        counts.opened += 1;
        if (fail) return Promise.reject(new Error("no such repository"));
        const repository: Partial<GitRepository> = {
          url,
          branch,
          fetch: () => {
            counts.fetched += 1;
            return Promise.resolve({ commit: `c${counts.fetched}` });
          },
          transact: () => Promise.resolve({ kind: "pushed", commit: "new", branch, attempts: 1 }),
          dispose: () => {
            counts.disposed += 1;
            return Promise.resolve();
          },
        };
        return Promise.resolve(repository as GitRepository);
      },
    });
    const pass = (milliseconds: number): void => timeline.runUntil(timeline.now() + milliseconds);
    return { repositories, counts, pass, failing: (is: boolean) => (fail = is) };
  }
  const remote = { url: "https://git.example.com/fleet.git" };
  const token = (text: string) => ({ ...remote, credentials: { kind: "token" as const, token: text } });

  it("one copy for all who write to the same place as the same one", async () => {
    const { repositories, counts } = scene();
    await Promise.all([repositories.open(remote), repositories.open(remote), repositories.open({ ...remote, branch: "live" })]);
    await Promise.all([repositories.open(token("a")), repositories.open(token("a")), repositories.open(token("b"))]);
    expect(counts.opened).toBe(4);
  });

  it("the tip is asked for once in five seconds, and anew after our own push", async () => {
    const { repositories, counts, pass } = scene();
    const [one, other] = [await repositories.open(remote), await repositories.open(remote)];
    expect([await one.fetch(), await other.fetch()]).toEqual([{ commit: "c1" }, { commit: "c1" }]);
    pass(5_000);
    expect(await other.fetch()).toEqual({ commit: "c2" });
    await one.transact({} as never);
    expect(await other.fetch()).toEqual({ commit: "c3" });
    expect(counts.fetched).toBe(3);
  });

  it("the tip is asked for anew by whoever may not go by what was so a moment ago", async () => {
    const { repositories, pass } = scene();
    const repository = await repositories.open(remote);
    expect(await repository.fetch()).toEqual({ commit: "c1" });
    pass(1_000);
    expect(await repository.fetch({ notBefore: 1_000 })).toEqual({ commit: "c2" });
    pass(1_000);
    expect(await repository.fetch({ notBefore: 1_000 })).toEqual({ commit: "c2" });
    expect(await repository.fetch()).toEqual({ commit: "c2" });
  });

  it("a copy stays for ten minutes after its last user, and goes then", async () => {
    const { repositories, counts, pass } = scene();
    const [one, other] = [await repositories.open(remote), await repositories.open(remote)];
    await one.dispose();
    await one.dispose();
    pass(700_000);
    await repositories.open(token("x"));
    expect(counts.disposed).toBe(0);
    await other.dispose();
    pass(600_000);
    await repositories.open(token("x"));
    expect(counts).toMatchObject({ opened: 2, disposed: 1 });
    await repositories.close();
    expect(counts.disposed).toBe(2);
  });

  describe("a remote that does not answer", () => {
    const unreachable = () => new GitError("unreachable", { seen: "It hangs up", meaning: "Nothing is known", remedy: "Look at it" });
    type Answer = { readonly commit: string } | Error | "never";

    /** Fetches end so, one after the other; `never` ends when `release` is called. */
    function silentScene(answers: readonly Answer[]) {
      const timeline = createTimeline(0);
      let asked = 0;
      let release = (): void => undefined;
      const repositories = sharedRepositories({
        clock: timelineClock(timeline),
        open: ({ url }) =>
          Promise.resolve({
            url,
            fetch: () => {
              const answer = answers[asked++];
              if (answer === "never") return new Promise((resolve) => (release = () => resolve({ commit: "late" })));
              return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
            },
          } as Partial<GitRepository> as GitRepository),
      });
      const after = async <T>(milliseconds: number, answer: Promise<T>): Promise<T> => {
        answer.catch(() => undefined);
        await driveUntil(timeline, timelineClock(timeline).sleep(milliseconds));
        return answer;
      };
      return { repositories, timeline, after, asked: () => asked, release: () => release() };
    }

    it("is asked by one; the others hear within ten seconds that it does not, and at once after that", async () => {
      const { repositories, timeline, after, asked, release } = silentScene(["never"]);
      const [one, other] = [await repositories.open(remote), await repositories.open(remote)];
      const first = one.fetch();
      await expect(after(9_999, Promise.race([first, Promise.resolve("still waits")]))).resolves.toBe("still waits");
      await expect(after(1, first)).rejects.toMatchObject({ kind: "timeout", transient: true });
      await expect(other.fetch()).rejects.toThrow("https://git.example.com/fleet.git has not answered for 10 s");
      // Who is about to write waits a little longer, for the same answer first.
      const fresh = other.fetch({ notBefore: timeline.now() });
      await expect(after(20_000, fresh)).rejects.toThrow("has not answered for 30 s");
      expect(asked()).toBe(1);
      release();
      await after(1, Promise.resolve());
      await expect(other.fetch()).resolves.toEqual({ commit: "late" });
      expect(asked()).toBe(1);
    });

    it("is let be for growing pauses, in which all who ask hear the same", async () => {
      const { repositories, after, asked } = silentScene([unreachable(), unreachable(), { commit: "c1" }, unreachable(), { commit: "c2" }]);
      const repository = await repositories.open(remote);
      await expect(repository.fetch()).rejects.toThrow("It hangs up");
      await expect(repository.fetch()).rejects.toThrow("It hangs up");
      expect(asked()).toBe(1);
      await after(1_000, Promise.resolve());
      await expect(repository.fetch()).rejects.toThrow("It hangs up");
      await after(1_999, Promise.resolve());
      await expect(repository.fetch()).rejects.toThrow("It hangs up");
      expect(asked()).toBe(2);
      await after(1, Promise.resolve());
      await expect(repository.fetch()).resolves.toEqual({ commit: "c1" });
      // An answer makes the next pause a first one.
      await after(5_000, Promise.resolve());
      await expect(repository.fetch()).rejects.toThrow("It hangs up");
      await after(1_000, Promise.resolve());
      await expect(repository.fetch()).resolves.toEqual({ commit: "c2" });
    });

    it("that takes a commit and does not answer is let be as well", async () => {
      const timeline = createTimeline(0);
      const outcomes = [unreachable(), "pushed"];
      let fetched = 0;
      const repositories = sharedRepositories({
        clock: timelineClock(timeline),
        open: ({ url }) =>
          Promise.resolve({
            url,
            fetch: () => Promise.resolve({ commit: `c${++fetched}` }),
            transact: () => {
              const outcome = outcomes.shift();
              if (outcome instanceof Error) return Promise.reject(outcome);
              return Promise.resolve({ kind: "pushed", commit: "new", branch: "main", attempts: 1 });
            },
          } as Partial<GitRepository> as GitRepository),
      });
      const repository = await repositories.open(remote);
      await expect(repository.transact({} as never)).rejects.toThrow("It hangs up");
      await expect(repository.fetch()).rejects.toThrow("It hangs up");
      timeline.runUntil(1_000);
      await expect(repository.fetch()).resolves.toEqual({ commit: "c1" });
      await expect(repository.transact({} as never)).resolves.toMatchObject({ kind: "pushed" });
      await expect(repository.fetch()).resolves.toEqual({ commit: "c2" });
    });

    it("is forgotten ten minutes after its last pause, where nobody has a copy of it", async () => {
      const timeline = createTimeline(0);
      const repositories = sharedRepositories({ clock: timelineClock(timeline), open: () => Promise.reject(unreachable()) });
      for (const name of ["a", "b", "c"])
        await expect(repositories.open({ url: `https://${name}.example.com/fleet.git` })).rejects.toThrow();
      expect(repositories.count()).toBe(3);
      timeline.runUntil(601_000);
      await expect(repositories.open({ url: "https://d.example.com/fleet.git" })).rejects.toThrow();
      expect(repositories.count()).toBe(1);
    });

    it("that refuses is asked at once again: somebody may have mended it", async () => {
      const refused = new GitError("authentication", { seen: "401", meaning: "It does not know the token", remedy: "Give another" });
      const { repositories } = silentScene([refused, { commit: "c1" }]);
      const repository = await repositories.open(remote);
      await expect(repository.fetch()).rejects.toThrow("401");
      await expect(repository.fetch()).resolves.toEqual({ commit: "c1" });
    });
  });

  it("what could not be opened is tried anew", async () => {
    const { repositories, failing } = scene();
    failing(true);
    await expect(repositories.open(remote)).rejects.toThrow("no such repository");
    failing(false);
    expect((await repositories.open(remote)).branch).toBe("main");
  });
});
