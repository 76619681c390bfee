import type { Refusal } from "../refusal.ts";
import type { Contradiction } from "../upgrade/upgrade-types.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** The command line cannot be carried out as it was written. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An error as the last thing that a person reads: what was seen, what it means, what to do. Gives the exit code. */
export function reportError(terminal: Terminal, error: unknown): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  terminal.say(`${terminal.paint("bad", "error:")} ${message}`);
  if (error instanceof UsageError) return exitCodes.usage;
  const known =
    error instanceof Error && ["CredentialsError", "ConnectionError", "ApiError", "GitError", "ClusterGoneError"].includes(error.name);
  if (!known) {
    terminal.say("This is not an error that was expected. Please report it with the text below.");
    if (error instanceof Error && error.stack !== undefined) terminal.say(terminal.paint("dim", error.stack));
  }
  return exitCodes.unexpected;
}

export function refusalText(terminal: Terminal, { reason, message, remedy, evidence }: Refusal): string {
  const facts = (evidence ?? []).map((line) => `    ${terminal.paint("dim", `- ${line}`)}`);
  return [`${terminal.paint("bad", "✗")} ${terminal.paint("bold", reason)}: ${message}`, ...facts, `  → ${remedy}`].join("\n");
}

export function contradictionText(terminal: Terminal, { reason, message, remedy, culprit, evidence }: Contradiction): string {
  const who =
    culprit === undefined
      ? []
      : [`    who: ${culprit.manager}${culprit.at === undefined ? "" : `, at ${new Date(culprit.at).toISOString()}`}`];
  const facts = evidence.map((line) => `    ${terminal.paint("dim", `- ${line}`)}`);
  return [`${terminal.paint("bad", "✗")} ${terminal.paint("bold", reason)}: ${message}`, ...who, ...facts, `  → ${remedy}`].join("\n");
}
