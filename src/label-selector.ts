/** What a selector asks of one label, as Kubernetes writes it in objects. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** As Kubernetes writes it in objects (metav1.LabelSelector). */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly (Pick<LabelRequirement, "key" | "operator"> & Partial<Pick<LabelRequirement, "values">>)[];
}

const name = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const keyPattern = new RegExp(`^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?${name}$`);
const valuePattern = new RegExp(`^(?:${name})?$`);

/** `tier=prod,region in (eu, us),!legacy`, by the rules of k8s.io/apimachinery/pkg/labels; empty: nothing is asked. A text: what is wrong with it. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] | string {
  const requirements: LabelRequirement[] = [];
  for (const part of partsOf(text)) {
    const requirement = parseRequirement(part);
    if (typeof requirement === "string") return requirement;
    requirements.push(requirement);
  }
  return requirements;
}

/** As `Requirement.Matches` there: a label that is missing (undefined) is not in any list. */
export function meets({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      operator satisfies never;
      return false;
  }
}

/** Whether all that is asked is met; an empty selector asks for nothing. */
export function isSelected({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const labelOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  for (const key in matchLabels) if (labelOf(key) !== matchLabels[key]) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => meets({ key, operator, values }, labelOf(key)));
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
