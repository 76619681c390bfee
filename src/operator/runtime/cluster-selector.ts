import { parseLabelSelector, type LabelRequirement } from "../../label-selector.ts";

/** Labels of the Clusters that a replica set works on, as `kubectl -l` takes them. */
export interface ShardSelector {
  /** In one spelling, whatever order it was written in. */
  readonly text: string;
  readonly requirements: readonly LabelRequirement[];
}

/** `tier=prod,region in (eu, us),!legacy`. A text: what is wrong with it. */
export function parseClusterSelector(text: string): ShardSelector | string {
  const requirements = parseLabelSelector(text);
  if (typeof requirements === "string") return requirements;
  if (requirements.length === 0) return "it selects by nothing";
  const spelled = requirements.map((requirement) => ({ requirement, text: spell(requirement) }));
  spelled.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return { text: spelled.map((each) => each.text).join(","), requirements: spelled.map(({ requirement }) => requirement) };
}

function spell({ key, operator, values }: LabelRequirement): string {
  const list = [...new Set(values)].sort().join(",");
  switch (operator) {
    case "In":
      return `${key} in (${list})`;
    case "NotIn":
      return `${key} notin (${list})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return operator satisfies never;
  }
}
