import { readFile } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { CredentialsError } from "./errors.ts";
import { runExecPlugin, type ExecCredential, type ExecPluginOptions } from "./exec-plugin.ts";

/** Credentials that change with time. */
export interface CredentialSource {
  /** Rejects with CredentialsError. */
  get(): Promise<ExecCredential>;
  /** Until when what `get` gave last is good: epoch milliseconds, infinite where nobody says. */
  expiresAt(): number;
  /** The server did not accept what `get` gave last. */
  forget(): void;
}

/** A plugin is asked again when its credential has expired, or was not accepted. */
export function execSource(options: ExecPluginOptions, clock: Clock): CredentialSource {
  let current: ExecCredential | undefined;
  return {
    async get() {
      if (current === undefined || current.expiresAt <= clock.now()) current = await runExecPlugin(options);
      return current;
    },
    expiresAt: () => current?.expiresAt ?? Number.POSITIVE_INFINITY,
    forget: () => (current = undefined),
  };
}

/** A file is read at every `get`: tokens of service accounts are replaced in it. While it cannot be read, its last content is used. */
export function tokenFileSource(path: string): CredentialSource {
  let current: ExecCredential | undefined;
  return {
    async get() {
      try {
        const token = (await readFile(path, "utf8")).trim();
        if (token === "") throw new CredentialsError(`The token file ${path} is empty.`);
        current = { token, certificate: undefined, key: undefined, expiresAt: Number.POSITIVE_INFINITY };
      } catch (error) {
        if (current === undefined) {
          if (error instanceof CredentialsError) throw error;
          throw new CredentialsError(
            `The token file ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
            error,
          );
        }
      }
      return current;
    },
    expiresAt: () => Number.POSITIVE_INFINITY,
    forget: () => undefined,
  };
}
