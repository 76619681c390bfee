import type { Refusal } from "../../refusal.ts";
import { parseRemoteUrl } from "../remote-url.ts";
import type { ForgeKind } from "./forge.ts";

/** Where a repository's pull requests are. */
export interface ForgeLocation {
  readonly kind: ForgeKind;
  /** Root of the API, without a slash at the end. */
  readonly apiUrl: string;
  /** Path within the forge, without `.git`: `acme/fleet`; deeper on GitLab. */
  readonly repository: string;
}

export interface ForgeOverride {
  readonly kind?: ForgeKind;
  /** Root of the API: of GitHub Enterprise `https://host/api/v3`, of GitLab `https://host/api/v4`, of Gitea and Forgejo `https://host/api/v1`. */
  readonly apiUrl?: string;
}

type Located = { readonly kind: "located"; readonly location: ForgeLocation } | { readonly kind: "refused"; readonly refusal: Refusal };

/** Hosts that are known; ssh has hosts of its own where port 22 is closed. */
const hosts: Readonly<Record<string, readonly [ForgeKind, host: string]>> = {
  "github.com": ["github", "github.com"],
  "www.github.com": ["github", "github.com"],
  "ssh.github.com": ["github", "github.com"],
  "gitlab.com": ["gitlab", "gitlab.com"],
  "altssh.gitlab.com": ["gitlab", "gitlab.com"],
  "gitea.com": ["gitea", "gitea.com"],
  "codeberg.org": ["gitea", "codeberg.org"],
};

/** Finds the forge by the repository's URL; the host's name decides where nothing is said. Throws a `configuration` GitError for what is no URL. */
export function locateForge(repositoryUrl: string, override: ForgeOverride = {}): Located {
  const remote = parseRemoteUrl(repositoryUrl);
  if (remote.protocol === "file") return refused(`${remote.url} is a directory`, "Push without a pull request, or give the URL of a forge");
  const [knownKind, host] = hosts[remote.host] ?? [undefined, remote.host];
  const kind = override.kind ?? knownKind ?? kindByApi(override.apiUrl) ?? kindByName(host);
  if (kind === undefined)
    return refused(
      `The name ${host} does not tell whether GitHub, GitLab, Gitea or Forgejo runs there`,
      "Say which, in the policy (spec.git.forge.kind)",
    );
  const origin = remote.origin ?? `https://${host}`;
  const apiUrl = (override.apiUrl ?? apiOf(kind, knownKind === undefined ? origin : `https://${host}`)).replace(/\/+$/, "");
  if (!URL.canParse(apiUrl) || !/^https?:$/.test(new URL(apiUrl).protocol))
    return refused(`${JSON.stringify(apiUrl)} is not the URL of an API`, "Give https://host/path");
  const repository = repositoryPath(remote.url, apiUrl);
  const deepEnough = kind === "gitlab" ? /^[^/]+(?:\/[^/]+)+$/ : /^[^/]+\/[^/]+$/;
  if (!deepEnough.test(repository) || repository.split("/").some((part) => part === "." || part === ".."))
    return refused(
      `${remote.url} is not the path of a repository on ${kind}`,
      "Give the URL that the forge shows for cloning; where the forge is not at the root of its host, the URL of its API too",
    );
  return { kind: "located", location: { kind, apiUrl, repository } };
}

function kindByApi(apiUrl = ""): ForgeKind | undefined {
  if (/\/api\/v3\/?$/.test(apiUrl)) return "github";
  if (/\/api\/v4\/?$/.test(apiUrl)) return "gitlab";
  return /\/api\/v1\/?$/.test(apiUrl) ? "gitea" : undefined;
}

function kindByName(host: string): ForgeKind | undefined {
  if (host.endsWith(".ghe.com")) return "github";
  const labels = host.split(".");
  const names = (...wanted: readonly string[]): boolean => labels.some((label) => label.split("-").some((word) => wanted.includes(word)));
  if (names("github", "ghe")) return "github";
  if (names("gitlab")) return "gitlab";
  return names("gitea", "forgejo") ? "gitea" : undefined;
}

/** docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started, docs.gitlab.com/api/rest, docs.gitea.com/development/api-usage */
function apiOf(kind: ForgeKind, origin: string): string {
  switch (kind) {
    case "github": {
      const { protocol, host } = new URL(origin);
      return host === "github.com" || host.endsWith(".ghe.com") ? `${protocol}//api.${host}` : `${origin}/api/v3`;
    }
    case "gitlab":
      return `${origin}/api/v4`;
    case "gitea":
      return `${origin}/api/v1`;
    default:
      return kind satisfies never;
  }
}

/** The path of the repository, without the folder that the forge itself has on its host. */
function repositoryPath(url: string, apiUrl: string): string {
  const path = url.includes("://") ? new URL(url).pathname : url.slice(url.indexOf(":") + 1);
  const plain = decodeURIComponent(path)
    .replaceAll(/^\/+|\/+$/g, "")
    .replace(/\.git$/, "");
  const folder = new URL(apiUrl).pathname.replace(/\/api\/v\d+$/, "").slice(1);
  return folder !== "" && plain.startsWith(`${folder}/`) ? plain.slice(folder.length + 1) : plain;
}

function refused(seen: string, remedy: string): Located {
  return {
    kind: "refused",
    refusal: { reason: "ForgeUnknown", message: `${seen}, so no pull request can be opened there.`, remedy: `${remedy}.` },
  };
}
