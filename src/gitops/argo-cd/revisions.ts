import { recordsAt, textAt, textsAt, valueAt, type RawObject } from "../raw-object.ts";
import type { Application } from "./application.ts";

/** `revision`, or the one of `revisions` at `position` for an Application with several sources. */
export function revisionAt(object: unknown, path: string, position: number | undefined): string | undefined {
  const parent = valueAt(object, path);
  return position === undefined ? textAt(parent, "revision") : textsAt(parent, "revisions")[position];
}

/** The newest revision that Argo CD has looked at. */
export function comparedRevision({ object }: Application, position: number | undefined): string | undefined {
  return revisionAt(object, "status.sync", position);
}

/**
 * The commit whose content is in effect. An Application that is `Synced` is at the revision that it was compared to, even if nothing had to be applied for it; otherwise it is at
 * the last one that was deployed.
 */
export function appliedRevision({ object }: Application, position: number | undefined): string | undefined {
  if (textAt(object, "status.sync.status") === "Synced") return dryRevision(object, revisionAt(object, "status.sync", position));
  const history = recordsAt(object, "status.history").toSorted((one, other) => Number(one["id"] ?? 0) - Number(other["id"] ?? 0));
  return dryRevision(object, revisionAt({ last: history.at(-1) }, "last", position));
}

/** The commit of the operation that ran last, or runs. */
export function attemptedRevision({ object }: Application, position: number | undefined): string | undefined {
  const revision =
    revisionAt(object, "status.operationState.syncResult", position) ??
    revisionAt(object, "status.operationState.operation.sync", position);
  return dryRevision(object, revision);
}

/** The source hydrator commits what it renders: the revision that is applied is its own commit, made from the one that people pushed. */
function dryRevision(object: RawObject, revision: string | undefined): string | undefined {
  if (valueAt(object, "spec.sourceHydrator") === undefined) return revision;
  const last = valueAt(object, "status.sourceHydrator.lastSuccessfulOperation");
  return revision !== undefined && textAt(last, "hydratedSHA") === revision ? textAt(last, "drySHA") : undefined;
}
