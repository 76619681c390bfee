import type { Clock } from "../../clock.ts";
import type { SendHttp } from "../../http/send-http.ts";
import type { GitCredentials } from "../credentials.ts";
import { observer, type OnRemoteOperation } from "../observe.ts";
import { parseRemoteUrl } from "../remote-url.ts";
import { forgeError } from "./classify-answer.ts";
import type { ForgeLocation } from "./detect.ts";
import { forgeFetch } from "./forge-http.ts";
import type { Forge } from "./forge.ts";
import { observedForge } from "./observed-forge.ts";

export interface OpenForgeOptions {
  readonly clock: Clock;
  readonly send: SendHttp;
  /** Undefined: what a stranger may see. */
  readonly token: string | undefined;
  /** Of each request. Default 30. */
  readonly timeoutSeconds?: number;
  /** Lets the token travel over http:// to other hosts. Default false. */
  readonly allowPlainHttp?: boolean;
  readonly signal?: AbortSignal;
  /** Told each operation, for whoever counts them. */
  readonly onOperation?: OnRemoteOperation | undefined;
}

/** Loads what speaks to this forge; nothing of it is loaded before, and nothing is sent yet. Rejects with a `configuration` ForgeError. */
export async function openForge(location: ForgeLocation, options: OpenForgeOptions): Promise<Forge> {
  const { clock, onOperation } = options;
  const forge = await load(location, options);
  return onOperation === undefined ? forge : observedForge(forge, observer(clock, onOperation));
}

async function load({ kind, apiUrl, repository }: ForgeLocation, options: OpenForgeOptions): Promise<Forge> {
  const { protocol, hostname } = new URL(apiUrl);
  const loopback = hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  if (protocol === "http:" && !loopback && options.allowPlainHttp !== true && options.token !== undefined)
    throw forgeError("configuration", `A token was given for ${apiUrl}, where everyone on the way could read it`);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(options.token ?? "")) throw forgeError("configuration", "The token holds spaces or control characters");
  const { clock, send, token, signal, timeoutSeconds = 30 } = options;
  const fetch = forgeFetch({
    clock,
    send,
    apiUrl,
    token,
    scheme: kind === "gitea" ? "token" : "Bearer",
    timeoutMilliseconds: timeoutSeconds * 1000,
    signal,
  });
  switch (kind) {
    case "github":
      return (await import("./github.ts")).createGitHub({ apiUrl, repository, fetch });
    case "gitlab":
      return (await import("./gitlab.ts")).createGitLab({ apiUrl, repository, fetch });
    case "gitea":
      return (await import("./gitea.ts")).createGitea({ apiUrl, repository, fetch, clock });
    default:
      return kind satisfies never;
  }
}

/** The token that Git uses over https, unless there is one for the forge alone; an ssh key opens no pull requests. */
export function forgeToken(repositoryUrl: string, credentials: GitCredentials | undefined, own?: string): string | undefined {
  if (own !== undefined && own.trim() !== "") return own.trim();
  if (credentials?.kind === "token") return credentials.token.trim();
  const { userinfo } = parseRemoteUrl(repositoryUrl);
  if (userinfo === undefined || credentials !== undefined) return undefined;
  return userinfo.password === "" ? userinfo.username : userinfo.password;
}
