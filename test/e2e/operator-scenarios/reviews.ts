import { inject, it } from "vitest";
import { startGitea, type RunningGitea } from "../../stack/gitea.ts";
import { run } from "../../stack/stack.ts";
import { CLUSTER, expectAllAt, FILE, phasesOf, topology, type Hosted, type RunScene } from "../support/engine-scene.ts";
import type { Operator } from "../support/operator.ts";
import type { Json } from "../support/scenario.ts";

/** Changes that a person merges, on a real forge. */
export function reviewScenarios(scene: RunScene, operator: () => Operator): void {
  it.skipIf(inject("giteaMissing") !== "")(
    "a pull request on Gitea: opened, merged by a person, applied by Flux, proven, and its branch cleared away",
    async ({ expect }) => {
      const gitea = await startGitea((line) => console.log(`[gitea] ${line}`));
      try {
        await operator().secret("gitea", { token: gitea.bot.token });
        await scene(
          { title: "op-review", engine: "flux", files: topology(), host: (name, files) => hostedOn(gitea, name, files) },
          async ({ scenario, repository, catalog, follow, phase, proven, upgrade, commits }) => {
            const { namespace } = scenario;
            const pulls = (): Promise<readonly Json[]> => gitea.api("GET", `/repos/ada/${namespace}/pulls?state=all`);
            const branches = async (): Promise<readonly string[]> =>
              (await gitea.api("GET", `/repos/ada/${namespace}/branches`)).map(({ name }: Json) => name);
            const title = `Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.34.2`;
            await catalog("v1.34.0");
            const git = { mode: "PullRequest", credentialsSecretRef: { name: "gitea" }, forge: { kind: "Gitea" } };
            await follow("Patch", { git });
            expect(await pulls()).toEqual([]);

            await catalog("v1.34.0", "v1.34.2");
            const waiting = await phase("WaitingForReview");
            const [opened, ...others] = await pulls();
            expect(others).toEqual([]);
            expect(opened).toMatchObject({ number: 1, state: "open", title, user: { login: "bot" }, base: { ref: "main" } });
            expect(opened.body).toContain(`${FILE}:14`);
            expect(opened.body).toContain("v1.34.2");
            expect(waiting.status).toMatchObject({
              steps: [{ state: "Reviewing", pullRequest: { number: 1, url: opened.html_url } }],
              waitingFor: [{ gate: "Review" }],
            });
            // Nothing is changed that nobody has merged.
            expect(await commits()).toEqual([]);
            expect((await scenario.get("cluster", CLUSTER)).spec.topology.version).toBe("v1.34.0");

            // Gitea does not merge before it has found out whether it can.
            await scenario.eventually("it to be mergeable", async () =>
              (await gitea.api("GET", `/repos/ada/${namespace}/pulls/1`)).mergeable === true ? true : undefined,
            );
            await gitea.api("POST", `/repos/ada/${namespace}/pulls/1/merge`, { Do: "squash" });
            const { status } = await proven();
            expect(status).toMatchObject({
              phase: "Proven",
              machines: { text: "2/2" },
              // The commit of the squash, not the one of the branch.
              steps: [{ commit: (await repository.git("rev-parse", "main")).trim(), pullRequest: { number: 1, state: "Merged" } }],
            });
            expect(phasesOf({ status })).toContain("WaitingForReview");
            expect(await repository.read(FILE)).toContain("version: v1.34.2   # keep in step with the node images");
            await expectAllAt(expect, scenario, "v1.34.2", 2);
            expect(await pulls()).toHaveLength(1);
            await scenario.eventually("the branch to be cleared away", async () =>
              (await branches()).join() === "main" ? true : undefined,
            );
            expect((await upgrade()).spec.policyName).toBe(namespace);
          },
        );
      } finally {
        await gitea.stop();
      }
    },
  );
}

async function hostedOn(gitea: RunningGitea, name: string, files: Readonly<Record<string, string>>): Promise<Hosted> {
  const repoURL = await gitea.repository(name, files);
  const path = gitea.gitFolder(name);
  const git = (...args: readonly string[]): Promise<string> => run("git", ["-C", path, ...args]);
  const repository = {
    path,
    git,
    commit: (message: string, changed: Readonly<Record<string, string>>) => gitea.commit(name, message, changed),
    read: (file: string) => git("show", `main:${file}`),
  };
  return { repository, repoURL, close: async () => undefined };
}
