import type { PolicyCluster } from "../policy/next-attempt.ts";
import type { AttemptSettings, UpgradePolicy } from "../policy/upgrade-policy.ts";

/** Policies for tests, of which a test changes what it is about. */

export function attemptSettings(more: Partial<AttemptSettings> = {}): AttemptSettings {
  return {
    schedule: { timeZone: "UTC", windows: [], exclusions: [] },
    atWindowEnd: "hard-stop",
    approval: [],
    holdSeconds: 60,
    stallSeconds: 900,
    retireOldTemplates: false,
    ...more,
  };
}

export function upgradePolicy(name: string, more: Partial<UpgradePolicy> = {}): UpgradePolicy {
  return {
    name,
    createdAt: 1_000,
    priority: 0,
    clusters: { namespaces: undefined, matchLabels: {}, matchExpressions: [] },
    target: { channel: { kind: "stable" }, minimumAgeSeconds: 0, avoid: [] },
    settings: attemptSettings(),
    minimumIntervalSeconds: 0,
    maxConcurrent: undefined,
    suspended: false,
    ...more,
  };
}

/** A settled cluster, as policies see it. */
export function policyCluster(name = "c1", more: Partial<PolicyCluster> = {}): PolicyCluster {
  return {
    namespace: "demo",
    name,
    labels: {},
    version: "v1.34.2",
    classVersions: undefined,
    templateKinds: [],
    deleting: false,
    paused: false,
    initialized: true,
    ...more,
  };
}
