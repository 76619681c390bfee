const contextLines = 3;

interface Hunk {
  /** 0-based, first line of each side. */
  readonly before: number;
  readonly after: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Unified diff of one file, as `git diff` shows it; empty when nothing changed. For people: line endings are not shown. */
export function describeDiff(before: string, after: string, file: string): string {
  if (before === after) return "";
  const [old, now] = [linesOf(before), linesOf(after)];
  const hunks = hunksOf(old, now);
  const lines: string[] = [`--- a/${file}`, `+++ b/${file}`];
  for (const group of grouped(hunks)) {
    const [first] = group;
    const last = group.at(-1) ?? first;
    const start = Math.max(0, first.before - contextLines);
    const end = Math.min(old.length, last.before + last.removed.length + contextLines);
    const shift = first.after - first.before;
    const grown = group.reduce((sum, { removed, added }) => sum + added.length - removed.length, 0);
    lines.push(`@@ -${range(start, end - start)} +${range(start + shift, end - start + grown)} @@`);
    let at = start;
    for (const { before: from, removed, added } of group) {
      lines.push(
        ...old.slice(at, from).map((line) => ` ${line}`),
        ...removed.map((line) => `-${line}`),
        ...added.map((line) => `+${line}`),
      );
      at = from + removed.length;
    }
    lines.push(...old.slice(at, end).map((line) => ` ${line}`));
  }
  return `${lines.join("\n")}\n`;
}

/** A last line without a newline carries the note that git puts below it. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop();
  return last === undefined || last === "" ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

/** An empty side is told by the line before it. */
function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1},${count}`;
}

/** Changed runs of lines. Edits are few and local, so lines are matched greedily at the nearest distance at which both sides agree again. */
function hunksOf(old: readonly string[], now: readonly string[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let [a, b] = [0, 0];
  while (a < old.length || b < now.length) {
    if (old[a] === now[b]) {
      a += 1;
      b += 1;
      continue;
    }
    const [skipOld, skipNow] = resync(old, now, a, b);
    hunks.push({ before: a, after: b, removed: old.slice(a, a + skipOld), added: now.slice(b, b + skipNow) });
    a += skipOld;
    b += skipNow;
  }
  return hunks;
}

function resync(old: readonly string[], now: readonly string[], a: number, b: number): readonly [number, number] {
  const longest = old.length - a + now.length - b;
  for (let distance = 1; distance < longest; distance += 1) {
    for (let skipOld = Math.min(distance, old.length - a); skipOld >= 0 && distance - skipOld <= now.length - b; skipOld -= 1) {
      const skipNow = distance - skipOld;
      if (agree(old, now, a + skipOld, b + skipNow)) return [skipOld, skipNow];
    }
  }
  return [old.length - a, now.length - b];
}

/** Two lines in a row, so that a lone brace or blank line does not count. */
function agree(old: readonly string[], now: readonly string[], a: number, b: number): boolean {
  return old[a] === now[b] && old[a + 1] === now[b + 1];
}

function grouped(hunks: readonly Hunk[]): readonly (readonly [Hunk, ...Hunk[]])[] {
  const groups: [Hunk, ...Hunk[]][] = [];
  for (const hunk of hunks) {
    const previous = groups.at(-1)?.at(-1);
    if (previous !== undefined && hunk.before - (previous.before + previous.removed.length) <= 2 * contextLines) groups.at(-1)?.push(hunk);
    else groups.push([hunk]);
  }
  return groups;
}
