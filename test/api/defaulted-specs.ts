import { goodSpecs } from "./refused-objects.ts";

/** `goodSpecs` with every default filled in, as kube-apiserver v1.36.3 does. The sandbox does the same (test/unit/api-kinds.test.ts), a real one too (test/e2e/api.e2e.test.ts). */
export const defaultedSpecs = {
  UpgradePolicy: {
    approval: "None",
    clusters: {},
    git: { autoMerge: false, mode: "Push", signOff: false, useEngineCredentials: false },
    priority: 0,
    proof: { hold: "60s", stall: "30m" },
    retireOldTemplates: false,
    schedule: { atWindowEnd: "FinishPool", minimumInterval: "0s", timeZone: "UTC" },
    suspend: false,
    target: { catalogRef: { name: "default" }, channel: "Stable" },
  },
  ClusterUpgrade: {
    approval: "None",
    cancelled: false,
    clusterName: "demo",
    git: { autoMerge: false, mode: "Push", signOff: false, useEngineCredentials: false },
    paused: false,
    proof: { hold: "60s", stall: "30m" },
    retireOldTemplates: false,
    retry: 0,
    schedule: { atWindowEnd: "FinishPool", timeZone: "UTC" },
    skipSoak: false,
    targetVersion: "v1.35.2",
  },
  ReleaseCatalog: goodSpecs.ReleaseCatalog,
} as const;
