import { defaultCatalog } from "./read-cluster-upgrade.ts";
import { parseVersion } from "../../upgrade/kubernetes-version.ts";
import type { LabelRequirement } from "../../label-selector.ts";
import type { ClusterSelector, TargetRule, UpgradePolicy } from "../../upgrade/policy/upgrade-policy.ts";
import { readFields, type ObjectFields, type ReadResult } from "./object-fields.ts";
import { checkVersion, readGit, readNotifications, readSettings } from "./read-settings.ts";
import type { GitSettings, NotificationTarget } from "./settings.ts";

/** An UpgradePolicy with every default filled in: the rules, and what only those who carry them out need. */
export interface PolicyObject {
  readonly policy: UpgradePolicy;
  readonly generation: number;
  /** Name of the ReleaseCatalog. */
  readonly catalog: string;
  readonly git: GitSettings;
  readonly notifications: readonly NotificationTarget[];
}

const minimumAgeSeconds = 72 * 3_600;

export function readUpgradePolicy(object: unknown): ReadResult<PolicyObject> {
  return readFields(object, "InvalidUpgradePolicy", (root) => {
    const metadata = root.fields("metadata");
    const spec = root.fields("spec");
    const policy: UpgradePolicy = {
      name: metadata.text("name") ?? "",
      createdAt: metadata.time("creationTimestamp") ?? 0,
      priority: spec.integer("priority", Number.MIN_SAFE_INTEGER) ?? 0,
      clusters: readClusters(spec),
      target: readTarget(spec.fields("target")),
      settings: readSettings(spec),
      minimumIntervalSeconds: spec.fields("schedule").seconds("minimumInterval", 0),
      maxConcurrent: spec.integer("maxConcurrent", 1),
      suspended: spec.flag("suspend"),
    };
    return {
      policy,
      generation: metadata.integer("generation", 0) ?? 0,
      catalog: spec.fields("target").fields("catalogRef").text("name") ?? defaultCatalog,
      git: readGit(spec),
      notifications: readNotifications(spec),
    };
  });
}

function readClusters(spec: ObjectFields): ClusterSelector {
  // An object that lost the field must not come to mean every cluster.
  if (!spec.has("clusters"))
    spec.refuse("clusters", undefined, "selects nothing", "Say which clusters: with a selector, or {} for every cluster.");
  const clusters = spec.fields("clusters");
  const selector = clusters.fields("selector");
  return {
    namespaces: clusters.texts("namespaces"),
    matchLabels: selector.textMap("matchLabels"),
    matchExpressions: selector.items("matchExpressions").map(readRequirement),
  };
}

const operators: Readonly<Record<string, LabelRequirement["operator"]>> = {
  In: "In",
  NotIn: "NotIn",
  Exists: "Exists",
  DoesNotExist: "DoesNotExist",
};

function readRequirement(requirement: ObjectFields): LabelRequirement {
  if (!requirement.has("operator")) requirement.requiredText("operator");
  const operator = requirement.choice<LabelRequirement["operator"] | undefined>("operator", operators, undefined);
  const values = requirement.texts("values") ?? [];
  const key = requirement.requiredText("key");
  if (operator === undefined) return { key, operator: "Exists", values };
  const needsValues = operator === "In" || operator === "NotIn";
  if (needsValues && values.length === 0)
    requirement.refuse("values", values, `gives ${operator} nothing to compare with`, "List the values, or use Exists or DoesNotExist.");
  if (!needsValues && values.length > 0)
    requirement.refuse("values", values, `${operator} does not look at`, "Take the values out, or use In or NotIn.");
  return { key, operator, values };
}

type Channel = TargetRule["channel"]["kind"];
const channels: Readonly<Record<string, Channel>> = { Patch: "patch", Stable: "stable", Rapid: "rapid", Pinned: "pinned" };

function readTarget(target: ObjectFields): TargetRule {
  if (!target.has("channel")) target.requiredText("channel");
  const kind = target.choice<Channel>("channel", channels, "patch");
  const version = target.text("version");
  if (version !== undefined) checkVersion(target, "version", version);
  if (kind === "pinned" && version === undefined) target.requiredText("version");
  if (kind !== "pinned" && version !== undefined)
    target.refuse("version", version, "only channel Pinned has", "Set channel to Pinned, or take the version out.");
  return {
    channel: kind === "pinned" ? { kind, version: version ?? "" } : { kind },
    // Who names a version has decided how old it must be.
    minimumAgeSeconds: target.seconds("minimumAge", kind === "pinned" ? 0 : minimumAgeSeconds),
    avoid: readAvoided(target),
  };
}

function readAvoided(target: ObjectFields): readonly string[] {
  const avoided = target.texts("avoid") ?? [];
  for (const [index, text] of avoided.entries()) {
    if (parseVersion(text) === undefined && !/^v\d+\.\d+$/.test(text))
      target.refuse(`avoid[${index}]`, text, "is neither a version nor a minor", "Write it as v1.35.1, or v1.34 for a whole minor.");
  }
  return avoided;
}
