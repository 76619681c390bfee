import { managementReads } from "../../../cluster-api/management-reads.ts";
import { sparingLooks } from "../../../cluster-api/sparing-looks.ts";
import { engineAccess } from "../../../gitops/engine-access.ts";
import type { GitOpsEngine } from "../../../gitops/engine.ts";
import { engineFor } from "../../../gitops/engines.ts";
import type { GitCredentials } from "../../../git/credentials.ts";
import type { CommitSigning } from "../../../git/signing.ts";
import type { GitRepository } from "../../../git/git-repository.ts";
import type { AttemptMemory } from "../../../upgrade/attempt/attempt-types.ts";
import type { Pace } from "../../../upgrade/decision.ts";
import type { ClusterSnapshot, ObjectReference, WorkloadSnapshot } from "../../../upgrade/cluster-snapshot.ts";
import type { ReviewState } from "../../../upgrade/sync-state.ts";
import { versionOwner } from "../../../upgrade/version-owner.ts";
import type { UpgradeObject } from "../../api/read-cluster-upgrade.ts";
import type { ChangeWriter } from "../../change-writer.ts";
import { createDirectWriter } from "../../direct-writer.ts";
import { declaredWhere, type DeclaredWhere } from "../../git-access/declared-where.ts";
import { gitCredentialsOf, readSecret } from "../../git-access/secret-credentials.ts";
import { createGitWriter } from "../../git-writer.ts";
import type { PullRequestWriter } from "../../pull-request-writer.ts";
import { StalledError } from "../../runtime/failure.ts";
import { upgradeIdOf } from "../../upgrade-id.ts";
import type { OperatorContext } from "../operator-context.ts";
import { openReviewWriter, type ForReviewers } from "./review-writer.ts";

/** How one attempt's changes are written and followed. */
export interface AttemptAccess {
  readonly upgradeId: string;
  readonly engine: GitOpsEngine;
  readonly where: DeclaredWhere;
  readonly writer: ChangeWriter;
  /** The same writer, where it opens pull requests. */
  readonly review: PullRequestWriter | undefined;
  readonly repository: GitRepository | undefined;
}

/** What the process keeps of one attempt, and could lose: connections, copies, and the memory that is in the object's status too. */
export interface AttemptSession {
  /** Found anew when the object changed, or the cluster's owner. */
  access(upgrade: UpgradeObject, snapshot: ClusterSnapshot): Promise<AttemptAccess>;
  readWorkload(changed: boolean, signal?: AbortSignal): Promise<WorkloadSnapshot>;
  memory: AttemptMemory | undefined;
  /** Templates that earlier upgrades left, and that this one has done about what it can. */
  readonly dealtWith: ObjectReference[];
  /** The pull request as it was at the last look. */
  review: ReviewState | undefined;
  dispose(): Promise<void>;
}

export const defaultAuthor = { name: "capi-gitops", email: "capi-gitops@users.noreply.github.com" };

/** Whoever applies a cluster may change; found again this often. */
const accessMilliseconds = 300_000;

/** `lastPace`: of the cluster's last upgrade that was proven. */
export function openSession(context: OperatorContext, upgrade: UpgradeObject, lastPace: () => Pace | undefined): AttemptSession {
  const { clock } = context;
  const workload = context.openWorkload(
    { namespace: upgrade.namespace, name: upgrade.clusterName },
    // Only reviewers are told of them.
    { budgets: upgrade.git.mode === "pull-request" },
  );
  let latest: ClusterSnapshot | undefined;
  let known: { readonly key: string; readonly until: number; readonly access: Promise<AttemptAccess> } | undefined;

  async function drop(): Promise<void> {
    const before = known;
    known = undefined;
    await before?.access.then(
      ({ writer }) => writer.dispose(),
      () => undefined,
    );
  }

  return {
    memory: upgrade.memory,
    dealtWith: [],
    review: undefined,
    async access(current, snapshot) {
      // Only who reviews is told of it; of a thousand upgrades that wait they would be a second copy of the fleet.
      latest = current.git.mode === "pull-request" ? snapshot : undefined;
      const key = JSON.stringify([current.git, current.verbs.retry, snapshot.uid, snapshot.delivery, versionOwner(snapshot)[0]]);
      if (known?.key === key && clock.now() < known.until) return known.access;
      await drop();
      const access = openAccess(context, current, snapshot, { lastPace: lastPace(), latest: () => latest ?? snapshot });
      const opened = { key, until: clock.now() + accessMilliseconds, access };
      known = opened;
      access.catch(() => {
        if (known === opened) known = undefined;
      });
      return access;
    },
    readWorkload: sparingLooks(workload, clock),
    async dispose() {
      workload.close();
      await drop();
    },
  };
}

async function openAccess(
  context: OperatorContext,
  upgrade: UpgradeObject,
  snapshot: ClusterSnapshot,
  forReviewers: ForReviewers,
): Promise<AttemptAccess> {
  const { client, discovery, clock, fleet } = context;
  const [owner] = versionOwner(snapshot);
  if (owner === undefined)
    throw new StalledError(
      "NoVersion",
      `Nothing of Cluster ${snapshot.ref.namespace}/${snapshot.ref.name} declares a Kubernetes version.`,
      "See `capi-gitops describe` for what is there: a control plane without a version is upgraded where it is declared.",
    );
  const engine = engineFor(snapshot.delivery, engineAccess(managementReads(client, discovery), client, discovery));
  const where = await declaredWhere(engine, owner, upgrade.git);
  const upgradeId = upgradeIdOf(snapshot, upgrade.targetVersion);
  if (where.kind === "direct") {
    const known = (object: ObjectReference) => (fleet.isCurrent() ? fleet.object(object) : undefined);
    const writer = createDirectWriter({ client, discovery, clock, override: false, known });
    return { upgradeId, engine, where, writer, review: undefined, repository: undefined };
  }
  const credentials = await credentialsFor(context, upgrade, engine, where);
  const { url, branch, directory } = where;
  const repository = await context.repositories.open({
    url,
    ...(branch === undefined ? {} : { branch }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const signing = await signingFor(context, upgrade);
  const options = {
    repository,
    ...(signing === undefined ? {} : { signing }),
    clock,
    upgradeId,
    ...(directory === undefined ? {} : { directory }),
    author: upgrade.git.author ?? defaultAuthor,
    signOff: upgrade.git.signOff,
    // Only a person makes a change once more that somebody reverted.
    again: upgrade.verbs.retry > 0,
    // No worker waits for a remote: the pass fails, its status says so, and the queue makes it again.
    patienceSeconds: 0,
  };
  if (upgrade.git.mode === "push") return { upgradeId, engine, where, writer: createGitWriter(options), review: undefined, repository };
  const review = await openReviewWriter(context, upgrade, snapshot, options, { ...forReviewers, credentials });
  return { upgradeId, engine, where, writer: review, review, repository };
}

/** The policy's own Secret; the engine's only where that is allowed; else as anybody may. */
async function credentialsFor(
  { client, namespace }: OperatorContext,
  { git }: UpgradeObject,
  engine: GitOpsEngine,
  { source }: Extract<DeclaredWhere, { kind: "git" }>,
): Promise<GitCredentials | undefined> {
  if (git.credentialsSecret !== undefined)
    return gitCredentialsOf(await readSecret(client, namespace, git.credentialsSecret), `Secret ${namespace}/${git.credentialsSecret}`);
  if (!git.useEngineCredentials || source === undefined) return undefined;
  const found = await engine.credentials(source);
  if (found.kind === "refused") throw new StalledError(found.refusal.reason, found.refusal.message, found.refusal.remedy);
  return found.kind === "found" ? found.credentials : undefined;
}

/** The key to sign commits with, from its Secret: `ssh-privatekey` (or `identity`), or `git.asc` with `passphrase` (as Flux has it). */
async function signingFor(
  { client, namespace }: OperatorContext,
  { git: { signingSecret } }: UpgradeObject,
): Promise<CommitSigning | undefined> {
  if (signingSecret === undefined) return undefined;
  const values = await readSecret(client, namespace, signingSecret);
  const ssh = values["ssh-privatekey"] ?? values["identity"];
  if (ssh !== undefined) return { kind: "ssh", key: ssh };
  const { "git.asc": key, passphrase } = values;
  if (key !== undefined) return { kind: "gpg", key, ...(passphrase === undefined ? {} : { passphrase: passphrase.trim() }) };
  throw new StalledError(
    "SecretUnusable",
    `Secret ${namespace}/${signingSecret} holds no key to sign commits with: its keys are ${Object.keys(values).sort().join(", ") || "none"}.`,
    "Give it the key ssh-privatekey, or git.asc (an armored private key) and passphrase.",
  );
}
