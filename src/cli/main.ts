import { basename } from "node:path";
import { CommanderError } from "commander";
import { commanderExit, createProgram } from "./program.ts";
import { exitCodes } from "./exit-codes.ts";

// kubectl runs `kubectl-capi_gitops` for `kubectl capi-gitops`.
const plugin = basename(process.argv[1] ?? "").startsWith("kubectl-");
const program = createProgram(plugin ? "kubectl capi-gitops" : "capi-gitops", (code) => {
  process.exitCode = code;
});

// The reader of a pipe may go away: `capi-gitops status | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
});

try {
  if (process.argv.length <= 2) {
    program.outputHelp({ error: true });
    process.exitCode = exitCodes.usage;
  } else {
    await program.parseAsync(process.argv);
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
