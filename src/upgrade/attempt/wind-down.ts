import { objectName } from "../cluster-words.ts";
import type { AttemptLook } from "./attempt-look.ts";
import { versionsLeft } from "./cancel.ts";
import { engineWaits } from "./engine-words.ts";
import { outcome, type Outcome } from "./outcome.ts";

/** What stops a rollout by itself: waiting for its end would be in vain. */
const STOPPED: ReadonlySet<string> = new Set(["contradicted", "refused", "timed-out"]);

/**
 * A person cancelled it, or its policy leads elsewhere and nothing was written. No step is written any more; what Cluster API was told is carried out, for a rollout that is left half-way is
 * worse than either end. Then it ends and tells what is at which version.
 */
export function windingDown(look: AttemptLook): Outcome {
  const { input, decision, inFlight, review } = look;
  const { status } = decision;
  if (status.phase === "proven") return outcome("proven", status.message);
  if (inFlight && !STOPPED.has(status.phase) && !(status.phase === "delivering" && engineWaits(input.sync))) {
    return outcome("cancelling", `Cancelled: no further step is written. ${status.message}`, { closeReview: review?.state === "open" });
  }
  if (status.phase === "writing" && review?.state === "merged") {
    return outcome("cancelling", `Cancelled, and pull request #${review.number} was merged: what it changes is carried out.`);
  }
  if (review?.state === "open") {
    return outcome("cancelling", `Pull request #${review.number} is being closed.`, { closeReview: true });
  }
  return outcome(...endOf(look), { refusals: status.refusals });
}

function endOf({ input, decision, begun }: AttemptLook): readonly ["cancelled" | "superseded", string] {
  const { verbs, snapshot, declarations = [] } = input;
  const { status } = decision;
  if (!verbs.cancelled)
    return ["superseded", `Nothing was written, and ${verbs.supersededBy ?? "another target"} is to be gone to instead.`];
  if (!begun) return ["cancelled", `Cancelled before anything was changed: ${versionsLeft(snapshot)}.`];
  const step = status.currentStep;
  const declared = declarations.find(({ place, version }) => place !== undefined && version === step?.to);
  const pending =
    status.phase === "delivering" && step !== undefined
      ? ` ${declared?.place ?? "The source"} declares ${step.to} for ${objectName(step.object)}, which will be carried out once it is applied; take the commit back if that is not wanted.`
      : "";
  const stopped = STOPPED.has(status.phase) ? ` It had stopped: ${status.message}` : "";
  return ["cancelled", `Cancelled: ${versionsLeft(snapshot)}.${pending}${stopped}`];
}
