import { pathToFileURL } from "node:url";
import { resolve } from "node:path";
import { GitError } from "./git-error.ts";

export interface RemoteUrl {
  readonly protocol: "https" | "http" | "ssh" | "file";
  /** What git is given: free of passwords, safe in an argv and in the configuration on disk. */
  readonly url: string;
  /** `https://host:port`, for `http.<origin>/.*` configuration; undefined unless http(s). */
  readonly origin: string | undefined;
  readonly host: string;
  /** What the URL held before `@`, of http(s) only; taken out of `url`. */
  readonly userinfo: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Reads a remote: `https://…`, `http://…`, `ssh://…`, `user@host:path`, `file://…` or a local path.
 * Throws a `configuration` GitError (without repeating the URL's user information) for anything else, in particular `ext::…` and a leading `-`.
 */
export function parseRemoteUrl(text: string): RemoteUrl {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text) || text.startsWith("-") || text === "" || text !== text.trim() || /^[a-z0-9]+::/i.test(text))
    throw notARemote(text);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return fromUrl(text);
  const scp = /^(?:(?<user>[^@/:\s]+)@)?(?<host>[^:/@\s]+):(?<path>[^:].*)$/.exec(text)?.groups;
  if (scp?.["host"] !== undefined) {
    const { user = "", host, path = "" } = scp;
    if ([user, host, path].some((part) => part.startsWith("-"))) throw notARemote(text);
    return { protocol: "ssh", url: text, origin: undefined, host, userinfo: undefined };
  }
  if (text.startsWith("/") || text.startsWith("./") || text.startsWith("../")) return fromUrl(pathToFileURL(resolve(text)).href);
  throw notARemote(text);
}

function fromUrl(text: string): RemoteUrl {
  if (!URL.canParse(text)) throw notARemote(text);
  const url = new URL(text);
  const protocol = url.protocol.slice(0, -1);
  const { username, password, hostname } = url;
  if (url.search !== "" || url.hash !== "") throw notARemote(text);
  switch (protocol) {
    case "https":
    case "http": {
      url.username = "";
      url.password = "";
      const userinfo = username === "" && password === "" ? undefined : { username: decoded(username), password: decoded(password) };
      return { protocol, url: url.href, origin: url.origin, host: hostname, userinfo };
    }
    case "ssh":
      // An ssh URL's password is used by nothing; it must not travel on in an argv.
      if (password !== "" || [hostname, username, url.pathname.slice(1)].some((part) => decoded(part).startsWith("-")))
        throw notARemote(text);
      return { protocol, url: url.href, origin: undefined, host: hostname, userinfo: undefined };
    case "file":
      if (hostname !== "") throw notARemote(text);
      return { protocol, url: url.href, origin: undefined, host: "", userinfo: undefined };
    default:
      throw notARemote(text);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function notARemote(text: string): GitError {
  const shown = text.replace(/\/\/[^/]*@/, "//***@").replace(/^[^@/]*:[^@/]*@/, "***@");
  return new GitError("configuration", {
    seen: `${JSON.stringify(shown)} is not the URL of a Git repository that this tool speaks to`,
    meaning: "No connection was made",
    remedy:
      "Give https://host/path, ssh://git@host/path, git@host:path, or file:///path; without options, queries, or a password in an ssh URL",
  });
}
