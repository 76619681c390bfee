/** Words of a controller without what differs from run to run: names that are made up, times, counts. */

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
const duration = /\b(\d+h)?(\d+m)?\d+(\.\d+)?(ms|µs|s)\b/g;

export function normaliser(namespace: string): (text: string) => string {
  return (text) =>
    text
      .replaceAll(namespace, "<namespace>")
      .replaceAll(time, "<time>")
      .replaceAll(duration, "<duration>")
      // Machines of control planes and of pools, MachineSets, what a topology makes up a suffix for.
      .replaceAll(/\bdemo(-[a-z0-9]+)*?-[a-z0-9]{5,10}-[a-z0-9]{5}\b/g, "<machine>")
      .replaceAll(/\bdemo-cp-[a-z0-9]{5}\b/g, "<machine>")
      .replaceAll(/\bdemo-(md|pool|a|b)(-\d)?-[a-z0-9]{5,10}\b/g, "demo-$1$2-<suffix>")
      .replaceAll(/\bdemo-[a-z0-9]{5}\b(?!-)/g, "demo-<suffix>")
      .replaceAll(/https:\/\/[^\s"]+/g, "<address>");
}

/** A condition's message as its lines, without counts, each once: how many machines are at a stage is a matter of moments. */
export function messageShape(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trimEnd())
    .map((line) => line.replaceAll(/(<machine>, )+<machine>/g, "<machine>").replaceAll(/, \.\.\. \(\d+ more\)/g, ""))
    .map((line) => line.replaceAll(/(?<![\w.<-])\d+(?![\w.>-])/g, "N"))
    .map((line) => line.replaceAll(/\bMachines\b/g, "Machine"));
  return [...new Set(lines)].join("\n");
}
