import { sameJson } from "../store/same-json.ts";

/**
 * Paths that a JSON merge patch from one to the other would name (RFC 7386): maps are looked into as far as both have them, and what is new is named by its leaves; lists are one value.
 */
export function changedPaths(before: unknown, after: unknown): readonly (readonly string[])[] {
  if (!isMap(before) || !isMap(after)) return sameJson(before, after) ? [] : [[]];
  const paths: (readonly string[])[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, next] = [before[name], after[name]];
    if (old === next) continue;
    const inner = old === undefined && isMap(next) ? leaves(next) : changedPaths(old, next);
    for (const path of inner) paths.push([name, ...path]);
  }
  return paths;
}

/** Is a path one of these (dots between names), or below one? */
export function isAllowed(allowed: readonly string[], path: readonly string[]): boolean {
  const text = path.join(".");
  return allowed.some((each) => text === each || text.startsWith(`${each}.`));
}

/** An empty map has none, as a merge patch without content names nothing. */
function leaves(value: Readonly<Record<string, unknown>>): readonly (readonly string[])[] {
  return Object.entries(value).flatMap(([name, inner]) => (isMap(inner) ? leaves(inner).map((path) => [name, ...path]) : [[name]]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
