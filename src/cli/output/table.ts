/** Columns padded with three spaces between them, as kubectl prints them. A cell that has several lines (what Cluster API says of a drain) is put into one. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = header.map((title, column) => Math.max(width(title), ...cells.map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    header
      .map((_, column) => pad(row[column] ?? "", widths[column] ?? 0))
      .join("   ")
      .trimEnd();
  return [header, ...cells].map(line).join("\n");
}

/** The lines of a text one after the other. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}

// oxlint-disable-next-line no-control-regex -- escape sequences have no width
const escapes = /\u001b\[[0-9;]*m/g;

function width(text: string): number {
  return Array.from(text.replaceAll(escapes, "")).length;
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}
