import type { Clock } from "../clock.ts";
import type { Identity } from "../git/commit-message.ts";
import type { CommitOutcome, CommitRequest, EditResult as TreeEdit, GitRepository, ReviewRule } from "../git/git-repository.ts";
import type { CommitSigning } from "../git/signing.ts";
import { describeDiff } from "../manifests/diff.ts";
import { editManifests, locateField, type EditResult } from "../manifests/edit-manifests.ts";
import type { RepositoryFiles } from "../manifests/repository-files.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import type { ChangedPlace, ChangeWriter, WriteOutcome, WritePreview } from "./change-writer.ts";
import { commitMessage, retireId, retireTitle, stepId } from "./commit-message.ts";
import { manifestChanges } from "./manifest-changes.ts";
import { patiently } from "./patience.ts";
import { versionPath } from "./version-fields.ts";

export interface GitWriterOptions {
  readonly repository: GitRepository;
  readonly clock: Clock;
  readonly upgradeId: string;
  /** Look for manifests only below this folder. */
  readonly directory?: string;
  /** Push there instead of to the branch that is applied; somebody else merges it. */
  readonly reviewBranch?: string;
  /** How that branch is treated when it exists. Absent: only the very same commit is ours. */
  readonly reviewRule?: ReviewRule;
  readonly author: Identity;
  readonly signOff: boolean;
  readonly signing?: CommitSigning;
  /** Make the same change once more although somebody reverted it. */
  readonly again: boolean;
  /** How long a remote or a forge that does not answer is asked again before that is an error; default 300. 0: at once. */
  readonly patienceSeconds?: number;
}

/** The branch is asked for its tip at most this often while an upgrade waits. */
const fetchIntervalMilliseconds = 5_000;

/** Writes steps as commits: one step is one commit, found again by its `Upgrade-Id` trailer. */
export function createGitWriter(options: GitWriterOptions): ChangeWriter {
  const { repository, clock } = options;
  const ask = <T>(question: () => Promise<T>): Promise<T> => patiently(clock, question, options.patienceSeconds);
  const where = options.directory === undefined ? {} : { directory: options.directory };
  let tip: { commit: string; at: number } | undefined;
  const located = new Map<string, Awaited<ReturnType<typeof locateField>>>();

  async function currentTip(notBefore = 0): Promise<{ commit: string; at: number }> {
    const at = clock.now();
    if (tip === undefined || tip.at < notBefore || at - tip.at >= fetchIntervalMilliseconds) {
      const { commit } = await ask(() => repository.fetch({ notBefore }));
      if (commit !== tip?.commit) located.clear();
      tip = { commit, at };
    }
    return tip;
  }

  async function edit(files: RepositoryFiles, step: UpgradeStep): Promise<EditResult> {
    const changes = await manifestChanges(files, step, where);
    return changes.kind === "refused" ? changes : editManifests(files, changes.changes, where);
  }

  const transaction = (upgradeId: string): Omit<CommitRequest, "title" | "edit"> => ({
    upgradeId,
    author: options.author,
    signOff: options.signOff,
    afterRevert: options.again ? "again" : "refuse",
    ...(options.signing === undefined ? {} : { signing: options.signing }),
    ...(options.reviewBranch === undefined ? {} : { pushBranch: options.reviewBranch }),
    ...(options.reviewRule === undefined ? {} : { review: options.reviewRule }),
  });

  return {
    target: `branch ${options.reviewBranch ?? repository.branch} of ${repository.url}`,

    async declaration(object: ObjectReference, { notBefore } = {}) {
      const { commit, at } = await currentTip(notBefore);
      const key = `${object.kind}/${object.namespace}/${object.name}`;
      const found = located.get(key) ?? (await locateField(repository.filesAt(commit), object, versionPath(object), where));
      located.set(key, found);
      if (found.kind === "refused") return found;
      const { file, line, value } = found.location;
      return { kind: "declared", declaration: { object, version: value, place: `${file}:${line}`, revision: commit, at } };
    },

    async preview(step: UpgradeStep): Promise<WritePreview> {
      const { commit } = await currentTip();
      const files = repository.filesAt(commit);
      const result = await edit(files, step);
      if (result.kind === "refused") return result;
      if (result.kind === "unchanged") return { kind: "preview", changes: [], diff: "" };
      const diffs: string[] = [];
      for (const [file, after] of result.files) diffs.push(describeDiff((await files.read(file)) ?? "", after, file));
      return { kind: "preview", changes: changedPlaces(result), diff: diffs.join("") };
    },

    async write(step: UpgradeStep): Promise<WriteOutcome> {
      let changes: readonly ChangedPlace[] = [];
      const { title, body } = commitMessage(step);
      // The same id is committed once, so a push whose answer was lost may be asked for again.
      const outcome = await ask(() =>
        repository.transact({
          ...transaction(stepId(options.upgradeId, step)),
          title,
          body,
          edit: async (files) => {
            const result = await edit(files, step);
            changes = result.kind === "edited" ? changedPlaces(result) : [];
            return toEdit(result);
          },
        }),
      );
      tip = undefined;
      return outcomeOf(outcome, changes);
    },

    async retire(template: ObjectReference): Promise<WriteOutcome> {
      const title = retireTitle(template);
      const outcome = await ask(() =>
        repository.transact({
          ...transaction(retireId(options.upgradeId, template)),
          title,
          body: "No machine, MachineSet, pool or control plane refers to it any more.",
          edit: async (files) => {
            const result = await editManifests(files, [{ kind: "delete-object", object: template }], where);
            // It went with an earlier run of this, of which nobody was told.
            const isGone = result.kind === "refused" && result.refusal.reason === "ManifestNotFound";
            return isGone ? { kind: "edited", files: new Map<string, string>() } : toEdit(result);
          },
        }),
      );
      tip = undefined;
      return outcomeOf(outcome, [{ place: title, before: template.name, after: "" }]);
    },

    dispose: () => repository.dispose(),
  };
}

function changedPlaces(result: Extract<EditResult, { kind: "edited" }>): ChangedPlace[] {
  return result.changed.map(({ file, line, before, after }) => ({ place: `${file}:${line}`, before, after }));
}

function toEdit(result: EditResult): TreeEdit {
  if (result.kind === "refused") return result;
  return { kind: "edited", files: result.kind === "edited" ? result.files : new Map<string, string>() };
}

function outcomeOf(outcome: CommitOutcome, changes: readonly ChangedPlace[]): WriteOutcome {
  if (outcome.kind === "refused") return outcome;
  const { commit: revision, branch } = outcome;
  return outcome.kind === "pushed" ? { kind: "written", revision, branch, changes } : { kind: "already", revision, branch };
}
