import type { LabelRequirement } from "../../upgrade/policy/upgrade-policy.ts";

/** Labels of the Clusters that a replica set works on, as `kubectl -l` takes them. */
export interface ShardSelector {
  /** In one spelling, whatever order it was written in. */
  readonly text: string;
  readonly requirements: readonly LabelRequirement[];
}

const name = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const keyPattern = new RegExp(`^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?${name}$`);
const valuePattern = new RegExp(`^(?:${name})?$`);

/** `tier=prod,region in (eu, us),!legacy`, by the rules of k8s.io/apimachinery/pkg/labels. A text: what is wrong with it. */
export function parseClusterSelector(text: string): ShardSelector | string {
  const requirements: LabelRequirement[] = [];
  for (const part of partsOf(text)) {
    const requirement = parseRequirement(part);
    if (typeof requirement === "string") return requirement;
    requirements.push(requirement);
  }
  if (requirements.length === 0) return "it selects by nothing";
  const spelled = requirements.map((requirement) => ({ requirement, text: spell(requirement) }));
  spelled.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return { text: spelled.map((each) => each.text).join(","), requirements: spelled.map(({ requirement }) => requirement) };
}

/** At commas outside of parentheses. */
function partsOf(text: string): readonly string[] {
  return text.trim() === "" ? [] : text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(part: string): LabelRequirement | string {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  const equal = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(part);
  const bare = /^(!?)\s*([^=!\s()]+)$/.exec(part);
  if (set !== null) {
    const [, key = "", word, list = ""] = set;
    return checked({ key, operator: word === "in" ? "In" : "NotIn", values: list.split(",").map((value) => value.trim()) }, part);
  }
  if (equal !== null) {
    const [, key = "", sign, value = ""] = equal;
    return checked({ key, operator: sign === "!=" ? "NotIn" : "In", values: [value] }, part);
  }
  if (bare !== null) {
    const [, not, key = ""] = bare;
    return checked({ key, operator: not === "!" ? "DoesNotExist" : "Exists", values: [] }, part);
  }
  return `${JSON.stringify(part)} is no requirement on a label`;
}

function checked(requirement: LabelRequirement, part: string): LabelRequirement | string {
  if (!keyPattern.test(requirement.key)) return `${JSON.stringify(requirement.key)} in ${JSON.stringify(part)} is no label's key`;
  const wrong = requirement.values.find((value) => !valuePattern.test(value));
  return wrong === undefined ? requirement : `${JSON.stringify(wrong)} in ${JSON.stringify(part)} is no label's value`;
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
