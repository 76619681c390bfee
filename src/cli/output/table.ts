/** Columns padded with three spaces between them, as kubectl prints them. Cells hold one line each. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(width(title), ...rows.map((row) => width(row[column] ?? ""))));
  const line = (cells: readonly string[]): string =>
    header
      .map((_, column) => pad(cells[column] ?? "", widths[column] ?? 0))
      .join("   ")
      .trimEnd();
  return [header, ...rows].map(line).join("\n");
}

// oxlint-disable-next-line no-control-regex -- escape sequences have no width
const escapes = /\u001b\[[0-9;]*m/g;

function width(text: string): number {
  return Array.from(text.replaceAll(escapes, "")).length;
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}
