import type { AttemptInput } from "../../../upgrade/attempt/attempt-types.ts";
import { sameObject } from "../../../upgrade/cluster-words.ts";
import type { ClusterSnapshot } from "../../../upgrade/cluster-snapshot.ts";
import type { ImageCatalog } from "../../../upgrade/machine-images.ts";
import type { ReviewState, SyncState } from "../../../upgrade/sync-state.ts";
import type { Declaration } from "../../../upgrade/upgrade-types.ts";
import type { UpgradeObject } from "../../api/read-cluster-upgrade.ts";
import { declarationsOf } from "../../declarations.ts";
import { StalledError } from "../../runtime/failure.ts";
import type { AttemptAccess, AttemptSession } from "./attempt-session.ts";

/** What is known besides the cluster and its source. */
export interface ObservedAround extends Pick<AttemptInput, "attemptBefore" | "place" | "lookingSince"> {
  readonly images: ImageCatalog | undefined;
  readonly supersededBy: string | undefined;
  /** Epoch milliseconds; what Git said before then does not do. */
  readonly notBefore: number;
  readonly now: () => number;
}

/** Everything that a decision about an attempt depends on. Rejects with StalledError where Git cannot tell what it declares. */
export async function observe(
  upgrade: UpgradeObject,
  session: AttemptSession,
  access: AttemptAccess,
  snapshot: ClusterSnapshot,
  { now, notBefore, ...around }: ObservedAround,
): Promise<AttemptInput> {
  const { memory } = session;
  const begun = memory?.decide?.begun === true;
  const declarations = await declaredNow(access, snapshot, notBefore);
  const [sync, review] = await Promise.all([
    begun ? syncOf(access, declarations, now()) : undefined,
    begun ? reviewOf(access, session, declarations) : undefined,
  ]);
  const { settings, verbs, targetVersion, via } = upgrade;
  return {
    snapshot,
    request: {
      upgradeId: access.upgradeId,
      target: targetVersion,
      via,
      holdSeconds: settings.holdSeconds,
      stallSeconds: settings.stallSeconds,
      retireOldTemplates: settings.retireOldTemplates,
      images: around.images,
    },
    declarations,
    settings,
    verbs: { ...verbs, supersededBy: around.supersededBy },
    attemptBefore: around.attemptBefore,
    place: around.place,
    lookingSince: around.lookingSince,
    sync,
    review,
    previousAttempt: memory,
    now: now(),
  };
}

async function declaredNow({ writer }: AttemptAccess, snapshot: ClusterSnapshot, notBefore: number): Promise<readonly Declaration[]> {
  const declared = await declarationsOf(writer, snapshot, { notBefore });
  if (declared.kind === "declared") return declared.declarations;
  const { reason, message, remedy } = declared.refusal;
  throw new StalledError(reason, message, remedy);
}

/** How far the engine is with what the branch has now. */
async function syncOf({ engine, where }: AttemptAccess, declarations: readonly Declaration[], now: number): Promise<SyncState | undefined> {
  if (where.kind === "direct" || where.source === undefined) return undefined;
  const commit = declarations.find(({ revision }) => revision !== undefined)?.revision;
  return engine.syncState(where.source, { now, ...(commit === undefined ? {} : { commit }) });
}

async function reviewOf(
  { review }: AttemptAccess,
  { memory }: AttemptSession,
  declarations: readonly Declaration[],
): Promise<ReviewState | undefined> {
  const step = memory?.decide?.currentStep;
  if (review === undefined || step === undefined) return undefined;
  const isInBase = declarations.some(({ object, version }) => sameObject(object, step.object) && version === step.to);
  const answer = await review.pullRequest(step, { isInBase });
  if (answer.kind === "refused") throw new StalledError(answer.refusal.reason, answer.refusal.message, answer.refusal.remedy);
  return answer.kind === "review" ? answer.review : undefined;
}
