import { sameJson } from "../../store/same-json.ts";
import type { KubeadmConfig, KubeadmConfigSpec, KubeadmControlPlane } from "./cluster-objects.ts";
import { isAtLeastMinor } from "./kubernetes-version.ts";

/** The bootstrap configuration of a machine that joins, or of the first one (CAPI desiredstate.ComputeDesiredKubeadmConfig). */
export function desiredKubeadmConfigSpec(kcp: KubeadmControlPlane, joins: boolean): KubeadmConfigSpec {
  const { initConfiguration, joinConfiguration, ...spec } = kcp.spec.kubeadmConfigSpec ?? {};
  const clusterConfiguration = withFeatureGates(spec.clusterConfiguration, kcp.spec.version);
  return {
    ...spec,
    ...(clusterConfiguration === undefined ? {} : { clusterConfiguration }),
    ...(joins
      ? { joinConfiguration: { ...joinConfiguration, controlPlane: joinConfiguration?.controlPlane ?? {} } }
      : initConfiguration === undefined
        ? {}
        : { initConfiguration }),
  };
}

const localMode = "ControlPlaneKubeletLocalMode";

/** The feature gate exists from v1.31 until it is the only way at v1.36. */
function withFeatureGates(
  configuration: KubeadmConfigSpec["clusterConfiguration"],
  version: string,
): KubeadmConfigSpec["clusterConfiguration"] {
  if (!isAtLeastMinor(version, 31) || isAtLeastMinor(version, 36)) return configuration;
  const featureGates = configuration?.featureGates;
  if (featureGates?.[localMode] !== undefined) return configuration;
  return { ...configuration, featureGates: { ...featureGates, [localMode]: true } };
}

interface Comparison {
  readonly spec: KubeadmConfigSpec | undefined;
  readonly version: string;
  readonly matches: boolean;
}

/** Objects are frozen and shared: as long as both sides are the same objects, so is the answer. */
const comparisons = new WeakMap<KubeadmConfigSpec, Comparison>();

/** Would this machine get the same configuration today? (CAPI filters.go matchesKubeadmConfig) */
export function matchesKubeadmConfig(kcp: KubeadmControlPlane, current: KubeadmConfig): boolean {
  const { kubeadmConfigSpec: spec, version } = kcp.spec;
  const known = comparisons.get(current.spec);
  if (known !== undefined && known.spec === spec && known.version === version) return known.matches;
  const matches = compare(kcp, current.spec);
  comparisons.set(current.spec, { spec, version, matches });
  return matches;
}

function compare(kcp: KubeadmControlPlane, current: KubeadmConfigSpec): boolean {
  const joined = current.joinConfiguration?.controlPlane !== undefined;
  const desired = desiredKubeadmConfigSpec(kcp, true);
  if (sameJson(comparable(desired, desired), comparable(joined ? current : asJoined(current, desired), desired))) return true;
  // The first machine may have been made from an initConfiguration that differs from the joinConfiguration: that alone is no reason to replace it.
  if (joined) return false;
  const desiredFirst = desiredKubeadmConfigSpec(kcp, false);
  return sameJson(comparable(desiredFirst, desiredFirst), comparable(current, desiredFirst));
}

function asJoined(current: KubeadmConfigSpec, desired: KubeadmConfigSpec): KubeadmConfigSpec {
  const { initConfiguration: init, ...rest } = current;
  return {
    ...rest,
    joinConfiguration: {
      ...(init?.timeouts === undefined ? {} : { timeouts: init.timeouts }),
      ...(init?.patches === undefined ? {} : { patches: init.patches }),
      ...(init?.skipPhases === undefined ? {} : { skipPhases: init.skipPhases }),
      ...(init?.nodeRegistration === undefined ? {} : { nodeRegistration: init.nodeRegistration }),
      ...(desired.joinConfiguration?.caCertPath === undefined ? {} : { caCertPath: desired.joinConfiguration.caCertPath }),
      controlPlane: init?.localAPIEndpoint === undefined ? {} : { localAPIEndpoint: init.localAPIEndpoint },
    },
  };
}

/** Without what changes in place or never matters, and without what is as good as absent. */
function comparable(spec: KubeadmConfigSpec, desired: KubeadmConfigSpec): unknown {
  const { dns: _dns, controlPlaneEndpoint: _endpoint, ...clusterConfiguration } = spec.clusterConfiguration ?? {};
  const { discovery: _discovery, ...joinConfiguration } = spec.joinConfiguration ?? {};
  return withoutEmpty({
    // Defaults that older webhooks wrote into the objects.
    format: "cloud-config",
    ...spec,
    clusterConfiguration: {
      ...clusterConfiguration,
      dns: desired.clusterConfiguration?.dns,
      controlPlaneEndpoint: desired.clusterConfiguration?.controlPlaneEndpoint,
    },
    initConfiguration: withComparableRegistration(spec.initConfiguration ?? {}),
    joinConfiguration: withComparableRegistration(joinConfiguration),
  });
}

function withComparableRegistration(configuration: { readonly nodeRegistration?: object; readonly timeouts?: object }): object {
  return {
    ...configuration,
    timeouts: { ...configuration.timeouts, controlPlaneComponentHealthCheckSeconds: undefined },
    nodeRegistration: { imagePullPolicy: "IfNotPresent", ...configuration.nodeRegistration },
  };
}

/** Empty lists and maps say the same as none, except `taints: []`: no taint at all instead of kubeadm's own. */
function withoutEmpty(value: unknown, name?: string): unknown {
  if (Array.isArray(value)) return value.length === 0 && name !== "taints" ? undefined : value.map((each) => withoutEmpty(each));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, part]) => {
    const kept = withoutEmpty(part, key);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
