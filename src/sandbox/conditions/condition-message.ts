const bullet = /\s*\*\s+/;

/** A message behind `* Something:`: in the same line when it is one line, else below it, each line with a bullet (CAPI's indentIfMultiline). */
export function indented(message: string): string {
  if (!message.includes("\n") && !bullet.test(message)) return ` ${message}`;
  const lines = message.split("\n");
  const addsBullets = lines.some((line) => !bullet.test(line));
  const prefixed = lines.map((line) => {
    if (!addsBullets) return `  ${line}`;
    return bullet.test(line) ? `    ${line}` : `  * ${line}`;
  });
  return `\n${prefixed.join("\n")}`;
}
