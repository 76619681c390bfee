import { UsageError } from "../failure.ts";

export const outputFormats = ["table", "wide", "json", "yaml"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export function outputFormat(text: string): OutputFormat {
  const format = outputFormats.find((one) => one === text);
  if (format === undefined) throw new UsageError(`-o ${text} is not known. Use one of: ${outputFormats.join(", ")}.`);
  return format;
}

/** The data of a command for programs, or `text` for people. */
export async function render(format: OutputFormat, data: unknown, text: () => string): Promise<string> {
  switch (format) {
    case "json":
      return JSON.stringify(data, undefined, 2);
    case "yaml":
      return (await import("./yaml.ts")).yamlText(data);
    case "table":
    case "wide":
      return text();
  }
}
