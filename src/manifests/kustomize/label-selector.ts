/** Kubernetes label selectors: `a=b, c!=d, e in (x, y), f notin (z), g, !h`. */
export type LabelSelector = (labels: ReadonlyMap<string, string>) => boolean;

const requirement =
  /^(?:(?<absent>!\s*)?(?<exists>[\w./-]+)|(?<key>[\w./-]+)\s*(?:(?<operator>==|=|!=|<|>)\s*(?<value>[\w.-]*)|\s(?<set>in|notin)\s*\((?<values>[^()]*)\)))$/;

/** The selector, or undefined when it is not understood: a selector that is guessed wrong would patch the wrong objects. */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  const parts = text.trim() === "" ? [] : splitOutsideParentheses(text);
  const requirements: LabelSelector[] = [];
  for (const part of parts) {
    const parsed = parseRequirement(part.trim());
    if (parsed === undefined) return undefined;
    requirements.push(parsed);
  }
  return (labels) => requirements.every((matches) => matches(labels));
}

function parseRequirement(text: string): LabelSelector | undefined {
  const groups = requirement.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { absent, exists, key = "", operator, value = "", set, values = "" } = groups;
  if (exists !== undefined) return absent === undefined ? (labels) => labels.has(exists) : (labels) => !labels.has(exists);
  if (operator === "=" || operator === "==") return (labels) => labels.get(key) === value;
  if (operator === "!=") return (labels) => labels.get(key) !== value;
  if (set === undefined) return undefined; // `<` and `>` compare numbers: nobody selects manifests by them
  const wanted = new Set(values.split(",").map((one) => one.trim()));
  return set === "in"
    ? (labels) => labels.has(key) && wanted.has(labels.get(key)!)
    : (labels) => !labels.has(key) || !wanted.has(labels.get(key)!);
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}
