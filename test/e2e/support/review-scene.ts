import { systemClock } from "../../../src/clock.ts";
import { locateForge } from "../../../src/git/forges/detect.ts";
import type { Forge, PullRequestView } from "../../../src/git/forges/forge.ts";
import { openForge } from "../../../src/git/forges/open-forge.ts";
import type { GitRepository } from "../../../src/git/git-repository.ts";
import { openRepository } from "../../../src/git/open-repository.ts";
import { httpClient } from "../../../src/http/http-client.ts";
import {
  createPullRequestWriter,
  type PullRequestWriter,
  type PullRequestWriterOptions,
} from "../../../src/operator/pull-request-writer.ts";
import type { UpgradeStep } from "../../../src/upgrade/upgrade-types.ts";
import { base64, type RunningGitea } from "../../stack/gitea.ts";
import { patienceSeconds } from "./patience.ts";

/** The step that the scenes' writers write, and where they write it for review. */
export const step: UpgradeStep = {
  kind: "topology",
  object: { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "demo", name: "c1" },
  from: "v1.34.2",
  to: "v1.35.2",
  controlPlaneThrough: ["v1.35.2"],
  workersThrough: ["v1.35.2"],
};
export const branch = "capi-gitops/c1-v1.35.2-3f2a91bc";
const file = "c1.yaml";

export function manifest(version: string, above = ""): string {
  return `${above}apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: c1\n  namespace: demo\nspec:\n  topology:\n    classRef: {name: quick}\n    version: ${version}\n`;
}

/** A repository on Gitea that declares a cluster, and the product's access to it. */
export interface ReviewScene {
  /** `/repos/ada/NAME` */
  readonly path: string;
  readonly forge: Forge;
  /** Another process each time. */
  readonly writer: (more?: Partial<PullRequestWriterOptions>) => Promise<PullRequestWriter>;
  /** Ada writes the manifest on a branch, `main` by default. */
  readonly commit: (content: string, on?: string) => Promise<void>;
  readonly content: (on?: string) => Promise<string>;
  /** Ada reports the state of checks on a commit. */
  readonly report: (commit: string, state: string, ...names: readonly string[]) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function reviewScene(gitea: RunningGitea, name: string): Promise<ReviewScene> {
  const url = await gitea.repository(name, { [file]: manifest("v1.34.2") });
  const path = `/repos/ada/${name}`;
  const opened: GitRepository[] = [];
  const current = (on: string): ReturnType<RunningGitea["api"]> =>
    gitea.api("GET", `${path}/contents/${file}?ref=${encodeURIComponent(on)}`);
  const forge = await forgeOf(url, gitea.bot.token);
  return {
    path,
    forge,
    async writer(more = {}) {
      const git = await openRepository({ url, credentials: { kind: "token", token: gitea.bot.token } }, { clock: systemClock });
      opened.push(git);
      return createPullRequestWriter({
        repository: git,
        clock: systemClock,
        upgradeId: "c1-v1.35.2-3f2a91bc",
        author: { name: "Bot", email: "bot@example.org" },
        signOff: false,
        again: false,
        forge,
        describe: (_, changes) => ({ title: "Upgrade c1", body: changes.map(({ place, after }) => `${place}: ${after}`).join("\n") }),
        lookEverySeconds: 0,
        ...more,
      });
    },
    async commit(content, on = "main") {
      const { sha } = await current(on);
      await gitea.api("PUT", `${path}/contents/${file}`, { content: base64(content), message: "Theirs", branch: on, sha });
    },
    content: async (on = "main") => Buffer.from((await current(on)).content, "base64").toString("utf8"),
    async report(commit, state, ...names) {
      for (const context of names) await gitea.api("POST", `${path}/statuses/${commit}`, { context, state });
    },
    async end() {
      for (const git of opened) await git.dispose();
    },
  };
}

/** The product's own way to a forge that is not told by its host's name. */
export async function forgeOf(url: string, token: string | undefined): Promise<Forge> {
  const located = locateForge(url, { kind: "gitea" });
  if (located.kind === "refused") throw new Error(located.refusal.message);
  return openForge(located.location, { clock: systemClock, send: httpClient({ environment: {}, userAgent: "e2e" }), token });
}

/** Gitea does some of its work after it has answered. */
export async function until(forge: Forge, number: number, fits: (view: PullRequestView) => boolean): Promise<PullRequestView> {
  const giveUpAt = systemClock.now() + patienceSeconds * 1_000;
  for (;;) {
    const view = await forge.look(number);
    if (fits(view)) return view;
    if (systemClock.now() > giveUpAt) throw new Error(`It stayed ${JSON.stringify(view)}`);
    await systemClock.sleep(200);
  }
}

export function untilMergeable(forge: Forge, kind: "yes" | "conflicting" | "blocked", number = 1): Promise<PullRequestView> {
  return until(forge, number, ({ readiness }) => readiness?.mergeable.kind === kind);
}
