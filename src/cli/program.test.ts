import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exitCodes } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

const documentation = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
const program = createProgram("capi-gitops", () => undefined);

describe("docs/cli.md", () => {
  it.each(program.commands.map((command) => [command.name(), command] as const))(
    "has a section for %s, with its options",
    (name, command) => {
      const section = documentation.split(/^## /m).find((text) => text.startsWith(`\`capi-gitops ${name}`)) ?? "";
      expect(section).not.toBe("");
      for (const { flags } of command.options) expect(section).toContain(`\`${flags}\``);
    },
  );

  it("has the options of every command", () => {
    for (const { flags } of program.options) expect(documentation).toContain(`\`${flags}\``);
  });

  it("has every exit code", () => {
    for (const code of Object.values(exitCodes)) expect(documentation).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
  });
});

describe("help", () => {
  it.each(program.commands.map((command) => [command.name(), command] as const))("of %s has an example", (name, command) => {
    let text = "";
    command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
    expect(text).toContain(`Example:\n  $ capi-gitops ${name}`);
  });
});
