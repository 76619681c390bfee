import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommitRequest, GitRepository, TransactionStep } from "../git-repository.ts";
import { transactionSteps } from "../git-repository.ts";

export interface RepositorySubject {
  readonly repository: GitRepository;
  /** Another process with the same remote. */
  another(options: { readonly onStep: (step: TransactionStep) => void | Promise<void> }): Promise<GitRepository>;
  /** Somebody commits and pushes to the base branch; gives the commit. */
  commit(files: Readonly<Record<string, string | null>>, message: string): Promise<string>;
  tip(branch?: string): Promise<string | undefined>;
  show(path: string, branch?: string): Promise<string | undefined>;
  /** How many commits of the branch carry this text in their message. */
  countWith(text: string): Promise<number>;
  end(): Promise<void>;
}

const file = "clusters/demo.yaml";

/** What upgrades rely on, whatever keeps the commits. The remote starts with `clusters/demo.yaml`: `version: v1.34.2` and `other.yaml`. */
export const conformanceFiles = { [file]: "version: v1.34.2\n", "other.yaml": "a: 1\n" };

export function describeRepositoryConformance(name: string, start: () => Promise<RepositorySubject>): void {
  describe(`a repository as a transaction: ${name}`, () => {
    let subject: RepositorySubject;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.end());

    function setVersion(version: string, more: Partial<CommitRequest> = {}): CommitRequest {
      return {
        upgradeId: `demo-${version}`,
        title: `Upgrade demo to ${version}`,
        author: { name: "Bot", email: "bot@example.org" },
        signOff: true,
        edit: async (files) => {
          const text = await files.read(file);
          if (text === undefined) return { kind: "refused", refusal: { reason: "NoManifest", message: "gone", remedy: "look" } };
          return { kind: "edited", files: new Map([[file, text.replace(/v[\d.]+/, version)]]) };
        },
        ...more,
      };
    }

    it("shows the files of a commit, and goes on showing them", async () => {
      const { repository } = subject;
      const { commit } = await repository.fetch();
      expect(commit).toBe(await subject.tip());
      await subject.commit({ [file]: "version: v9\n", "new.yaml": "n: 1\n" }, "Somebody's");
      const files = repository.filesAt(commit);
      expect(await files.list()).toEqual([file, "other.yaml"]);
      expect(await files.read(file)).toBe("version: v1.34.2\n");
      expect(await files.read("none.yaml")).toBeUndefined();
      expect(await files.search?.(["v1.34"])).toEqual([file]);
      expect(await files.search?.(["v1.34"], "elsewhere")).toEqual([]);
      expect(await repository.filesAt((await repository.fetch()).commit).list()).toEqual([file, "new.yaml", "other.yaml"]);
    });

    it("gives all who ask for a commit the same files, so that what is worked out from them is worked out once", async () => {
      const { commit } = await subject.repository.fetch();
      expect(subject.repository.filesAt(commit)).toBe(subject.repository.filesAt(commit));
    });

    it("makes one commit of one change, however often it is asked", async () => {
      const { repository } = subject;
      const outcome = await repository.transact(setVersion("v1.35.2"));
      const tip = await subject.tip();
      expect(outcome).toEqual({ kind: "pushed", commit: tip, branch: "main", attempts: 1 });
      expect(await subject.show(file)).toBe("version: v1.35.2\n");
      expect(await repository.transact(setVersion("v1.35.2"))).toEqual({ kind: "already", commit: tip, branch: "main" });
      expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35.2")).toBe(tip);
      expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35")).toBeUndefined();
      expect(await subject.countWith("Upgrade-Id: demo-v1.35.2")).toBe(1);
      expect(await subject.countWith("Signed-off-by: Bot <bot@example.org>")).toBe(1);
    });

    it("makes the edit again on top of what others pushed first", async () => {
      const { repository } = subject;
      let raced = false;
      const outcome = await repository.transact(
        setVersion("v1.35.2", {
          edit: async (files) => {
            const text = await files.read(file);
            if (!raced) await subject.commit({ [file]: "# theirs\nversion: v1.34.2\n" }, "Theirs");
            raced = true;
            return { kind: "edited", files: new Map([[file, text!.replace("v1.34.2", "v1.35.2")]]) };
          },
        }),
      );
      expect(outcome).toMatchObject({ kind: "pushed", attempts: 2 });
      expect(await subject.show(file)).toBe("# theirs\nversion: v1.35.2\n");
      expect(await subject.countWith("Theirs")).toBe(1);
    });

    it("does not do again what somebody took back, unless told so", async () => {
      const { repository } = subject;
      await repository.transact(setVersion("v1.35.2"));
      await subject.commit({ [file]: "version: v1.34.2\n" }, "Take it back");
      await repository.fetch();
      expect(await repository.transact(setVersion("v1.35.2"))).toMatchObject({ kind: "refused", refusal: { reason: "ChangeWasReverted" } });
      expect(await subject.show(file)).toBe("version: v1.34.2\n");
      expect(await repository.transact(setVersion("v1.35.2", { afterRevert: "again" }))).toMatchObject({ kind: "pushed" });
      expect(await subject.show(file)).toBe("version: v1.35.2\n");
    });

    it("refuses what the edit refuses, and paths that lead out", async () => {
      const { repository } = subject;
      const tip = await subject.tip();
      const outside = new Map([["../outside.yaml", "x"]]);
      expect(await repository.transact(setVersion("v2", { edit: async () => ({ kind: "edited", files: outside }) }))).toMatchObject({
        kind: "refused",
        refusal: { reason: "UnsafePath" },
      });
      await subject.commit({ [file]: null }, "Gone");
      await repository.fetch();
      expect(await repository.transact(setVersion("v2"))).toMatchObject({ kind: "refused", refusal: { reason: "NoManifest" } });
      expect(await subject.tip()).not.toBe(tip);
    });

    it("pushes a branch for review, and leaves the base branch", async () => {
      const { repository } = subject;
      const tip = await subject.tip();
      const outcome = await repository.transact(setVersion("v1.35.2", { pushBranch: "upgrade/demo" }));
      expect(outcome).toMatchObject({ kind: "pushed", branch: "upgrade/demo" });
      expect(await subject.tip()).toBe(tip);
      expect(await subject.show(file, "upgrade/demo")).toBe("version: v1.35.2\n");
      expect(await repository.transact(setVersion("v1.35.2", { pushBranch: "upgrade/demo" }))).toMatchObject({ kind: "already" });
      expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35.2")).toBeUndefined();
      expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35.2", { branch: "upgrade/demo" })).toBe(
        (outcome as { commit: string }).commit,
      );
    });

    it.each(transactionSteps.filter((step) => step !== "opened"))("stopped at %s: the next process completes it once", async (step) => {
      const stopped = await subject.another({
        onStep: (at) => {
          if (at === step) throw new Error(`stopped at ${at}`);
        },
      });
      await expect(stopped.transact(setVersion("v1.35.2"))).rejects.toThrow(`stopped at ${step}`);
      await stopped.dispose();
      expect(await subject.show(file)).toBe(step === "after-push" ? "version: v1.35.2\n" : "version: v1.34.2\n");
      await subject.repository.fetch();
      const outcome = await subject.repository.transact(setVersion("v1.35.2"));
      expect(outcome.kind).toBe(step === "after-push" ? "already" : "pushed");
      expect(await subject.show(file)).toBe("version: v1.35.2\n");
      expect(await subject.countWith("Upgrade-Id: demo-v1.35.2")).toBe(1);
    });
  });
}
