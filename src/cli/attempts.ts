import type { KubernetesClient } from "../kubernetes/client.ts";
import { ApiError } from "../kubernetes/errors.ts";
import type { ApiResource } from "../kubernetes/resource.ts";
import { API_GROUP, clusterUpgrades } from "../operator/api/kinds.ts";
import { changeOf, type PersonVerb } from "../operator/api/person-verbs.ts";
import { SAID_ANNOTATION, saidAnnotation } from "../operator/api/said.ts";
import { byAge, hasEnded, upgradeSummary, type UpgradeSummary } from "../operator/api/upgrade-summary.ts";
import type { Refusal } from "../refusal.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import { refusalText } from "./failure.ts";
import type { GlobalOptions } from "./global-options.ts";
import { render } from "./output/structured.ts";
import { openSession, type Session } from "./session.ts";

export const notInstalled: Refusal = {
  reason: "KindsNotInstalled",
  message: `The management cluster serves no ${API_GROUP}: upgrades by policy are not installed.`,
  remedy: "Apply config/crd and run the operator, or upgrade by hand with `capi-gitops upgrade`.",
};

/** Attempts of a cluster, newest first; or why there are none to be seen. */
export async function attemptsOf(session: Session, cluster: string): Promise<readonly UpgradeSummary[] | Refusal> {
  const { client, discovery, namespace } = session;
  if ((await discovery.resource(API_GROUP, clusterUpgrades.kind)) === undefined) return notInstalled;
  const { items } = await client.list(clusterUpgrades, { namespace });
  const found = byAge(items.map(upgradeSummary).filter((upgrade) => upgrade.cluster === cluster));
  if (found.length > 0) return found;
  return {
    reason: "NoUpgrade",
    message: `There is no ClusterUpgrade for cluster ${namespace}/${cluster}.`,
    remedy: "See the clusters and their upgrades with `capi-gitops status`, and give the namespace with -n.",
  };
}

const settled: ReadonlySet<string> = new Set(["Proven", "Cancelled", "Superseded"]);

/** The newest attempt of each cluster, by `namespace/name`, where it is under way or waits for somebody. None where the kinds are not installed, or may not be read. */
export async function openAttempts(
  { client, discovery }: Session,
  namespace: string | undefined,
): Promise<ReadonlyMap<string, UpgradeSummary>> {
  try {
    if ((await discovery.resource(API_GROUP, clusterUpgrades.kind)) === undefined) return new Map();
    const { items } = await client.list(clusterUpgrades, namespace === undefined ? {} : { namespace });
    const newest = new Map(
      byAge(items.map(upgradeSummary))
        .toReversed()
        .map((upgrade) => [`${upgrade.namespace}/${upgrade.cluster}`, upgrade]),
    );
    return new Map([...newest].filter(([, { phase }]) => !settled.has(phase)));
  } catch (error) {
    if (error instanceof ApiError) return new Map();
    throw error;
  }
}

export interface VerbOptions extends GlobalOptions {
  readonly yes?: boolean;
}

/** How often a verb is tried again when somebody, mostly the operator, changed the object in this moment. */
const tries = 5;

/** Says something to the newest attempt of a cluster that it makes sense to say it to. `agreed` may ask first. */
export async function sayTo(
  cluster: string,
  verb: PersonVerb,
  options: GlobalOptions,
  agreed: (upgrade: UpgradeSummary, session: Session) => Promise<boolean> = () => Promise.resolve(true),
): Promise<ExitCode> {
  const session = await openSession(options);
  const { terminal, format } = session;
  try {
    let asked = false;
    for (let attempt = 1; ; attempt += 1) {
      const attempts = await attemptsOf(session, cluster);
      const upgrade = isList(attempts) ? (attempts.find((each) => !hasEnded(each)) ?? attempts[0]) : undefined;
      const change = isList(attempts) ? upgrade && changeOf(verb, upgrade) : attempts;
      if (upgrade === undefined || change === undefined || "reason" in change) {
        if (change !== undefined && "reason" in change) terminal.say(refusalText(terminal, change));
        return exitCodes.refused;
      }
      if (!asked && !(await agreed(upgrade, session))) return exitCodes.refused;
      asked = true;
      const said = { what: change.what, by: await whoAmI(session.client), at: session.clock.now() };
      try {
        await session.client.mergePatch(
          clusterUpgrades,
          upgrade.name,
          {
            metadata: { resourceVersion: upgrade.resourceVersion, annotations: { [SAID_ANNOTATION]: saidAnnotation(upgrade.said, said) } },
            spec: change.spec,
          },
          { namespace: upgrade.namespace },
        );
      } catch (error) {
        if (attempt < tries && error instanceof ApiError && error.status === 409) continue;
        throw error;
      }
      const text = `${upgrade.namespace}/${upgrade.cluster} to ${upgrade.to}: ${said.by} ${change.what}.`;
      const data = {
        namespace: upgrade.namespace,
        name: upgrade.name,
        cluster: upgrade.cluster,
        targetVersion: upgrade.to,
        ...change,
        by: said.by,
      };
      terminal.out(await render(format, data, () => text));
      return exitCodes.done;
    }
  } finally {
    session.close();
  }
}

export function isList<T>(value: readonly T[] | Refusal): value is readonly T[] {
  return Array.isArray(value);
}

const selfSubjectReviews: ApiResource = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "selfsubjectreviews",
  kind: "SelfSubjectReview",
  namespaced: false,
};

/** Who the API server takes us for. */
async function whoAmI(client: KubernetesClient): Promise<string> {
  try {
    const review = await client.create(selfSubjectReviews, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "SelfSubjectReview",
      metadata: { name: "" },
    });
    const { userInfo } = (review["status"] ?? {}) as { readonly userInfo?: { readonly username?: unknown } };
    return typeof userInfo?.username === "string" && userInfo.username !== "" ? userInfo.username : "somebody";
  } catch (error) {
    // Before Kubernetes 1.28, or not allowed: what was said holds all the same.
    if (error instanceof ApiError) return "somebody";
    throw error;
  }
}
