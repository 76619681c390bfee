import type { ApiResource } from "../../kubernetes/resource.ts";

export const API_GROUP = "upgrades.clusterapi-gitops.io";
export const API_VERSION = `${API_GROUP}/v1alpha1`;

export const upgradePolicies: ApiResource = {
  group: API_GROUP,
  version: "v1alpha1",
  plural: "upgradepolicies",
  kind: "UpgradePolicy",
  namespaced: false,
};
export const clusterUpgrades: ApiResource = {
  group: API_GROUP,
  version: "v1alpha1",
  plural: "clusterupgrades",
  kind: "ClusterUpgrade",
  namespaced: true,
};
export const releaseCatalogs: ApiResource = {
  group: API_GROUP,
  version: "v1alpha1",
  plural: "releasecatalogs",
  kind: "ReleaseCatalog",
  namespaced: false,
};
