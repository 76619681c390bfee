/** Words of a controller without what differs from run to run: names that are made up, times, counts. */

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
const duration = /\b(\d+h)?(\d+m)?\d+(\.\d+)?(ms|µs|s)\b/g;

/** What Cluster API puts after a hyphen to make a name up. */
const made = "-[a-z0-9]{5}";
const names: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`\\bdemo(-md-\\d${made}${made}${made}|-a${made}${made}|-cp${made}|${made}${made})\\b`, "g"), "<machine>"],
  [new RegExp(`\\bdemo(-md-\\d${made}${made}|-a${made})\\b`, "g"), "<machineset>"],
  [new RegExp(`\\bdemo(-md-\\d|)${made}\\b`, "g"), "demo$1-<suffix>"],
];

export function normaliser(namespace: string): (text: string) => string {
  return (text) =>
    [
      [namespace, "<namespace>"] as const,
      [time, "<time>"] as const,
      [duration, "<duration>"] as const,
      ...names,
      [/https:\/\/[^\s"]+/g, "<address>"] as const,
    ].reduce((rest, [found, instead]) => rest.replaceAll(found, instead), text);
}

/** The words of a refusal, without the whole object that some repeat, and without the difference that Go makes of two. */
export function refusalText(text: string): string {
  return text.replace(/Invalid value: \{"kind":[^]*?\}: (?=\w+ spec)/g, "Invalid value: {…}: ").replace(/ Diff: [^]*$/, " Diff: …");
}

/**
 * A condition's message as its lines, each with those that it stands under, without counts and each once: how many machines are at a stage, and which
 * troubles there are at the same time, is a matter of moments.
 */
export function messageLines(text: string): readonly string[] {
  const above: { readonly indent: number; readonly line: string }[] = [];
  const lines: string[] = [];
  for (const raw of text.split("\n")) {
    const indent = raw.search(/\S/);
    if (indent < 0) continue;
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop();
    above.push({ indent, line: withoutCounts(raw.trim().replace(/^\* /, "")) });
    const next = above.map(({ line }) => line).join(" > ");
    // A line that others stand under is told with them.
    if (next.startsWith(`${lines.at(-1)} > `)) lines.pop();
    lines.push(next);
  }
  return [...new Set(lines)];
}

function withoutCounts(line: string): string {
  return line
    .replaceAll(/<machine>(, <machine>)+/g, "<machine>")
    .replaceAll(/, \.\.\. \(\d+ more\)/g, "")
    .replaceAll(/(?<![\w.<-])\d+(?![\w.>-])/g, "N")
    .replaceAll(/\b(Machine|MachineDeployment|MachineSet)s\b/g, "$1");
}
