import type { Refusal } from "../refusal.ts";
import type { SnapshotGap } from "../upgrade/cluster-snapshot.ts";

/** Why something of an engine could not be read, and what to do about it. `verb` is the right that is needed. */
export function refuseUnread(gap: SnapshotGap, verb: "get" | "list" | "patch" = "get"): Refusal {
  const evidence = [gap.message];
  switch (gap.kind) {
    case "forbidden":
      return {
        reason: "EngineNotReadable",
        message: `${gap.what}: this is not allowed (${gap.message}).`,
        remedy: `Give the right to ${verb} it: docs/gitops.md lists what is needed.`,
        evidence,
      };
    case "not-found":
      return {
        reason: "EngineObjectMissing",
        message: `${gap.what} does not exist, although what it applied still carries its mark.`,
        remedy: "Let whatever applies the object now put its own mark on it, or take the old mark off.",
        evidence,
      };
    case "not-served":
      return {
        reason: "EngineNotInstalled",
        message: `The cluster's marks name a GitOps engine that this management cluster does not have: ${gap.message}.`,
        remedy: "Install the engine's custom resource definitions, or take the marks off the objects if the engine is gone.",
        evidence,
      };
    case "unreachable":
    case "timeout":
    case "unreadable":
      return {
        reason: "EngineNotReadable",
        message: `${gap.what} could not be read: ${gap.message}.`,
        remedy: "This may pass by itself; see to the API server if it does not.",
        evidence,
      };
    default:
      return gap.kind satisfies never;
  }
}
