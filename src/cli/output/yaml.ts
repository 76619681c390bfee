import { stringify } from "yaml";

/** Loaded only when asked for. The named import is what makes the bundle find it: the library is CommonJS under Node. */
export function yamlText(data: unknown): string {
  return stringify(JSON.parse(JSON.stringify(data)), { aliasDuplicateObjects: false });
}
