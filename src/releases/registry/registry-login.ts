/** What a registry's token server, or the registry itself, is shown. Never part of a message. */
export type RegistryLogin =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** A refresh token of the token server: `identitytoken` of Docker's configuration. */
  | { readonly kind: "identity-token"; readonly token: string };

/** The logins that a Secret has. */
export interface RegistryLogins {
  /** For messages: `Secret ns/name`. */
  readonly from: string;
  /** Of one repository (`ghcr.io/acme/node`), the most particular first. */
  readonly of: (repository: string) => readonly RegistryLogin[];
  /** What they are for, for messages: `ghcr.io`. Undefined: for whatever names them. */
  readonly places?: readonly string[];
}

/** `Basic …` (RFC 7617); undefined for what is no name and password. */
export function basicAuthorization(login: RegistryLogin | undefined): string | undefined {
  return login?.kind === "password" ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}` : undefined;
}
