import type { AvailableVersion } from "../../../upgrade/policy/available-versions.ts";
import type { UpgradePolicy } from "../../api/generated/upgrade-policy.gen.ts";
import type { PolicyObject } from "../../api/read-upgrade-policy.ts";

/** Sends word of a version to those who want to hear of it; true once all of them have had it, until then it is asked again. */
export type NotifyAvailable = (policy: PolicyObject, found: AvailableVersion) => boolean;

/** The status holds so many; older ones are not led to any more. */
const mostKeys = 100;

export interface ToldOf {
  /** Of the policy, for its status. */
  readonly notified: readonly string[];
  /** Something was not delivered yet. */
  readonly owed: boolean;
}

export interface TellAvailable {
  readonly tell: (policy: PolicyObject, object: Pick<UpgradePolicy, "metadata" | "status">, found: readonly AvailableVersion[]) => ToldOf;
  /** Of policies that are gone nothing is kept: there are these. */
  keep(policies: readonly Pick<UpgradePolicy, "metadata">[]): void;
  /** Policies of which something is kept. */
  count(): number;
}

/** Tells people of versions that a policy leads to and that are not begun: once for each policy and version, by the keys in its status. */
export function tellAvailable(notify: NotifyAvailable): TellAvailable {
  /** The status that is read may lag behind. */
  const told = new Map<string, readonly string[]>();

  function tell(policy: PolicyObject, object: Pick<UpgradePolicy, "metadata" | "status">, found: readonly AvailableVersion[]): ToldOf {
    const { status } = object;
    const uid = uidOf(object);
    const before = [...new Set([...(status?.notified ?? []), ...(told.get(uid) ?? [])])];
    const open = found.filter(({ version }) => !before.includes(keyOf(version)));
    const delivered = open.filter((each) => notify(policy, each)).map(({ version }) => keyOf(version));
    const notified = [...before, ...delivered].slice(-mostKeys);
    told.set(uid, notified);
    return { notified, owed: delivered.length < open.length };
  }

  return {
    tell,
    keep(policies) {
      const there = new Set(policies.map(uidOf));
      for (const uid of told.keys()) if (!there.has(uid)) told.delete(uid);
    },
    count: () => told.size,
  };
}

function uidOf({ metadata }: Pick<UpgradePolicy, "metadata">): string {
  return metadata.uid ?? metadata.name;
}

function keyOf(version: string): string {
  return `available/${version}`;
}
