import { isSelected, type LabelSelector } from "../../../label-selector.ts";
import { compareTexts } from "./machine-objects.ts";

/** An empty selector matches nothing here: Cluster API refuses to go by one. */
export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (Object.keys(matchLabels).length > 0 || matchExpressions.length > 0) && isSelected(selector, labels);
}

const knownTexts = new WeakMap<LabelSelector, string>();

/** As in `status.selector`: `a=b,c in (d,e),!f`. */
export function selectorText(selector: LabelSelector): string {
  let text = knownTexts.get(selector);
  if (text === undefined) {
    text = textOf(selector);
    knownTexts.set(selector, text);
  }
  return text;
}

function textOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const requirements = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      const list = `(${[...values].sort(compareTexts).join(",")})`;
      const texts = { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, Exists: key, DoesNotExist: `!${key}` };
      return { key, text: texts[operator] };
    }),
  ];
  return requirements
    .sort((one, other) => compareTexts(one.key, other.key))
    .map(({ text }) => text)
    .join(",");
}
