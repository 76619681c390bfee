/** `app=web,tier=front`, by name; `<none>`. */
export function labelsText(labels: unknown): string {
  const texts = Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  return texts.length === 0 ? "<none>" : texts.join(",");
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** `app=web,tier in (back,front)`; `<none>` (apimachinery metav1.FormatLabelSelector). */
export function labelSelectorText(selector: unknown): string {
  const { matchLabels = {}, matchExpressions = [] } = (selector ?? {}) as {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly Requirement[];
  };
  const requirements: readonly { readonly key: string; readonly text: string }[] = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map((each) => ({ key: each.key, text: requirementText(each) })),
  ];
  const sorted = [...requirements].sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  return sorted.length === 0 ? "<none>" : sorted.map(({ text }) => text).join(",");
}

function requirementText({ key, operator, values = [] }: Requirement): string {
  const list = `(${[...values].sort().join(",")})`;
  switch (operator) {
    case "In":
      return `${key} in ${list}`;
    case "NotIn":
      return `${key} notin ${list}`;
    case "Exists":
      return key;
    default:
      return `!${key}`;
  }
}
