import { isSelected, type LabelSelector } from "../../../label-selector.ts";
import { compareTexts } from "./machine-objects.ts";
import { oncePerObject } from "../../store/once-per-object.ts";

/** An empty selector matches nothing here: Cluster API refuses to go by one. */
export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (Object.keys(matchLabels).length > 0 || matchExpressions.length > 0) && isSelected(selector, labels);
}

/** As in `status.selector`: `a=b,c in (d,e),!f`. */
export const selectorText = oncePerObject(({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string => {
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
});
