import { CommanderError } from "commander";
import { programName } from "./command-line.ts";
import { commanderExit, createProgram } from "./program.ts";
import { exitCodes } from "./exit-codes.ts";

const program = createProgram(programName(process.argv[1]), (code) => {
  process.exitCode = code;
});

// The reader of a pipe may go away: `capi-gitops status | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
});

try {
  const words = process.argv.slice(2);
  if (words.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = exitCodes.usage;
  } else {
    // No option of the program: commander would take `verify --version V` for it.
    await program.parseAsync(words[0] === "--version" ? ["version", ...words.slice(1)] : words, { from: "user" });
  }
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = commanderExit(error);
  } else {
    const { reportError } = await import("./failure.ts");
    const { processTerminal } = await import("./terminal.ts");
    process.exitCode = reportError(processTerminal(!process.argv.includes("--no-color")), error);
  }
}
