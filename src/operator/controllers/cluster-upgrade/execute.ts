import type { Refusal } from "../../../refusal.ts";
import type { AttemptAction } from "../../../upgrade/attempt/attempt-types.ts";
import type { ObjectReference } from "../../../upgrade/cluster-snapshot.ts";
import { sameObject } from "../../../upgrade/cluster-words.ts";
import type { WriteOutcome } from "../../change-writer.ts";
import { LeaseLostError } from "../../runtime/leader-election.ts";
import { holdPool, releasePool } from "../held-pools/pool-hold.ts";
import type { OperatorContext } from "../operator-context.ts";
import type { AttemptAccess, AttemptSession } from "./attempt-session.ts";

/** What came of the actions, up to the first that was refused. */
export interface Executed {
  /** Commits that carry what was written. */
  readonly commit: string | undefined;
  readonly refusal: Refusal | undefined;
  /** Something was changed by this pass, and not by a former one. */
  readonly changed: boolean;
}

/** Carries the actions out, one after the other: the only place where a decision becomes a write. Each is idempotent, so that a pass that was cut off is simply made again. */
export async function execute(
  context: OperatorContext,
  access: AttemptAccess,
  actions: readonly AttemptAction[],
  session: Pick<AttemptSession, "memory" | "dealtWith">,
): Promise<Executed> {
  let commit: string | undefined;
  let changed = false;
  for (const action of actions) {
    if (!context.isCertain()) throw new LeaseLostError("The lease ran out before a write, which was not made.");
    await context.onStep?.(`before-${action.kind}`);
    const outcome = await carryOut(context, access, action);
    await context.onStep?.(`after-${action.kind}`);
    if (outcome === undefined) continue;
    if (action.kind === "retire-template" && !isOwn(action.template, session)) {
      session.dealtWith.push(action.template);
      // What an earlier upgrade left takes nothing from what is proven.
      if (outcome.kind === "refused") {
        context.log.info("a former template stays", {
          template: action.template.name,
          reason: outcome.refusal.reason,
          why: outcome.refusal.message,
        });
        continue;
      }
    }
    if (outcome.kind === "refused") return { commit, refusal: outcome.refusal, changed };
    commit = outcome.revision ?? commit;
    changed ||= outcome.kind === "written";
  }
  return { commit, refusal: undefined, changed };
}

/** Replaced by this very attempt. */
function isOwn(template: ObjectReference, { memory }: Pick<AttemptSession, "memory">): boolean {
  return memory?.decide?.replacedTemplates.some((other) => sameObject(other, template)) ?? false;
}

async function carryOut(context: OperatorContext, access: AttemptAccess, action: AttemptAction): Promise<WriteOutcome | undefined> {
  const { client, discovery } = context;
  switch (action.kind) {
    case "write":
      return access.writer.write(action.step);
    case "retire-template":
      return access.writer.retire(action.template);
    case "hold-pool":
      await holdPool(client, discovery, action.pool, access.upgradeId);
      return undefined;
    case "release-pool":
      await releasePool(client, discovery, action.pool);
      return undefined;
    case "refresh-engine": {
      const { where, engine } = access;
      const refusal = where.kind === "git" && where.source !== undefined ? await engine.refresh(where.source) : undefined;
      // It looks by itself, later.
      if (refusal !== undefined) context.log.warn("the engine was not asked to refresh", { reason: refusal.reason, why: refusal.message });
      return undefined;
    }
    case "close-review":
      await access.review?.withdraw("The upgrade was cancelled.");
      return undefined;
    default:
      return action satisfies never;
  }
}
