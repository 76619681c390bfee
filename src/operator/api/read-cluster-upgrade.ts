import type { AttemptMemory, AttemptPhase, AttemptVerbs } from "../../upgrade/attempt/attempt-types.ts";
import type { ApprovalPoint, AttemptSettings } from "../../upgrade/policy/upgrade-policy.ts";
import { attemptPhases, readMemory } from "./cluster-upgrade-memory.ts";
import { readableFields, readFields, type ObjectFields, type ReadResult } from "./object-fields.ts";
import { checkVersion, readGit, readNotifications, readSettings, readVersion } from "./read-settings.ts";
import type { GitSettings, NotificationTarget } from "./settings.ts";
import { domainWord } from "./words.ts";

/** Of whoever names no other; there may be none. */
export const defaultCatalog = "default";

/** A ClusterUpgrade with every default filled in. */
export interface UpgradeObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: number;
  /** Of the Cluster, in the same namespace. */
  readonly clusterName: string;
  readonly targetVersion: string;
  readonly via: readonly string[];
  /** Undefined: made by a person. */
  readonly policyName: string | undefined;
  /** Name of the ReleaseCatalog that tells of machine images; undefined: that of the policy. */
  readonly catalog: string | undefined;
  readonly settings: AttemptSettings;
  readonly verbs: AttemptVerbs;
  readonly git: GitSettings;
  readonly notifications: readonly NotificationTarget[];
  /** As its status tells it; undefined while nobody has looked at it. */
  readonly phase: AttemptPhase | undefined;
  readonly finishedAt: number | undefined;
  /** What the status remembers, for an operator that has forgotten. */
  readonly memory: AttemptMemory | undefined;
}

export function readClusterUpgrade(object: unknown): ReadResult<UpgradeObject> {
  return readFields(object, "InvalidClusterUpgrade", (root) => {
    const metadata = root.fields("metadata");
    const spec = root.fields("spec");
    return {
      namespace: metadata.text("namespace") ?? "",
      name: metadata.text("name") ?? "",
      uid: metadata.text("uid") ?? "",
      generation: metadata.integer("generation", 0) ?? 0,
      createdAt: metadata.time("creationTimestamp") ?? 0,
      clusterName: spec.requiredText("clusterName"),
      targetVersion: readVersion(spec, "targetVersion"),
      via: readVia(spec),
      policyName: spec.text("policyName"),
      catalog: spec.fields("catalogRef").text("name"),
      settings: readSettings(spec),
      verbs: {
        approved: readApproved(spec),
        paused: spec.flag("paused"),
        cancelled: spec.flag("cancelled"),
        retry: spec.integer("retry", 0) ?? 0,
        skipSoak: spec.flag("skipSoak"),
        supersededBy: spec.text("supersededBy"),
      },
      git: readGit(spec),
      notifications: readNotifications(spec),
      phase: domainWord(
        readableFields(object, (fields) => fields.fields("status").text("phase")),
        attemptPhases,
      ),
      finishedAt: readableFields(object, (fields) => fields.fields("status").time("finishedAt")),
      memory: readMemory(object),
    };
  });
}

function readVia(spec: ObjectFields): readonly string[] {
  const via = spec.texts("via") ?? [];
  for (const [index, version] of via.entries()) checkVersion(spec, `via[${index}]`, version);
  return via;
}

const approvalPoints: Readonly<Record<string, ApprovalPoint>> = { ControlPlane: "control-plane", Workers: "workers" };

function readApproved(spec: ObjectFields): readonly ApprovalPoint[] {
  return (spec.texts("approved") ?? []).flatMap((word, index) => {
    const point = approvalPoints[word];
    if (point === undefined)
      spec.refuse(
        `approved[${index}]`,
        word,
        "is neither ControlPlane nor Workers",
        "Approve with `capi-gitops approve`, or write one of the two.",
      );
    return point === undefined ? [] : [point];
  });
}
