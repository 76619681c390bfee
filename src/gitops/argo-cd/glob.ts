/** Shell patterns as Argo CD matches names by them (gobwas/glob without separators): `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `\`. A pattern that cannot be understood matches nothing. */
export function globMatches(pattern: string, text: string): boolean {
  const source = translate(pattern);
  if (source === undefined) return false;
  try {
    return new RegExp(`^(?:${source})$`, "su").test(text);
  } catch {
    return false;
  }
}

function translate(pattern: string): string | undefined {
  let source = "";
  let depth = 0;
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === "\\") source += escaped(pattern.charAt((index += 1)));
    else if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else if (character === "{") [source, depth] = [`${source}(?:`, depth + 1];
    else if (character === "}" && depth > 0) [source, depth] = [`${source})`, depth - 1];
    else if (character === "," && depth > 0) source += "|";
    else if (character === "[") {
      const end = pattern.indexOf("]", index + 2);
      if (end === -1) return undefined;
      const inside = pattern.slice(index + 1, end);
      const negated = inside.startsWith("!") || inside.startsWith("^");
      source += `[${negated ? "^" : ""}${inside.slice(negated ? 1 : 0).replaceAll(/[\\\]^]/g, String.raw`\$&`)}]`;
      index = end;
    } else source += escaped(character);
  }
  return depth === 0 ? source : undefined;
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
}
