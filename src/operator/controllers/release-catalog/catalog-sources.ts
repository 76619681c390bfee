import type { Clock } from "../../../clock.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { SendHttp } from "../../../http/send-http.ts";
import { channelRedirect } from "../../../releases/channel-redirect.ts";
import type { FeedFormatName } from "../../../releases/feeds/formats.ts";
import { httpFeed } from "../../../releases/feeds/http-feed.ts";
import { gitFile, type ReadGitFile } from "../../../releases/git-file.ts";
import { inlineReleases } from "../../../releases/inline.ts";
import { registryTags } from "../../../releases/registry/registry-tags.ts";
import { failed, type ReleaseSource } from "../../../releases/release-source.ts";
import type { CatalogObject, CatalogSource, FeedFormat, SourceKind } from "../../api/read-release-catalog.ts";
import { gitCredentialsOf, readSecret } from "../../git-access/secret-credentials.ts";
import type { SharedRepositories } from "../../git-access/shared-repositories.ts";
import { failureOf } from "../../runtime/failure.ts";
import { registryLogins } from "./registry-secret.ts";

export interface SourceTools {
  readonly client: KubernetesClient;
  /** The operator's: of the Secrets that sources name. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly send: SendHttp;
  readonly repositories: SharedRepositories;
}

const formatNames: Readonly<Record<FeedFormat, FeedFormatName>> = {
  "stable-text": "StableText",
  "endoflife-date": "EndOfLifeDate",
  "endoflife-date-v1": "EndOfLifeDateV1",
  "kubernetes-schedule": "KubernetesSchedule",
  "github-releases": "GitHubReleases",
  releases: "Releases",
};

/** Of the object itself; a person's word goes before what feeds say. */
const inlineName = "this object";

/** Sources of a catalog, in order of trust. Secrets are read at each look, so that one that was renewed is used. */
export function catalogSources(catalog: CatalogObject, tools: SourceTools): readonly ReleaseSource[] {
  const inline = catalog.releases.length === 0 ? [] : [inlineReleases(inlineName, catalog.releases, tools.clock)];
  return [...inline, ...catalog.sources.map((source) => sourceOf(source, tools))];
}

/** A Secret that is made, or mended, raises no event here. */
const secretAgainSeconds = 300;

function sourceOf({ name, from }: CatalogSource, tools: SourceTools): ReleaseSource {
  return {
    name,
    async fetch(request) {
      try {
        return await (await opened(name, from, tools, request.signal)).fetch(request);
      } catch (error) {
        if (request.signal?.aborted === true) throw error;
        const { kind, reason, message, remedy } = failureOf(error);
        if (kind === "stalled" && remedy !== undefined)
          return { kind: "failed", failure: { reason, message, remedy }, againWithinSeconds: secretAgainSeconds };
        return failed("ReleaseSourceUnreachable", message, "What it said before is kept; it is asked again.");
      }
    },
  };
}

async function opened(name: string, from: SourceKind, tools: SourceTools, signal: AbortSignal | undefined): Promise<ReleaseSource> {
  const { send, clock } = tools;
  switch (from.kind) {
    case "git-file":
      return gitFile({ name, label: `${from.path} of ${from.url}`, read: await fileReader(from, tools, signal), clock });
    case "feed": {
      const secret = await secretOf(from.credentialsSecret, tools, signal);
      const authorization = secret === undefined ? undefined : authorizationOf(secret);
      return httpFeed({ name, url: from.url, format: formatNames[from.format], authorization, send, clock });
    }
    case "registry-tags": {
      const logins = from.credentialsSecret === undefined ? undefined : await registryLogins(tools, from.credentialsSecret, signal);
      const pattern = `${from.repository}:${from.tagPattern}`;
      return registryTags({ name, pattern, templateKind: from.templateKind, logins, send, clock });
    }
    case "channel":
      return channelRedirect({ name, url: from.url, send, clock });
    default:
      return from satisfies never;
  }
}

async function fileReader(
  { url, branch, path, credentialsSecret }: Extract<SourceKind, { kind: "git-file" }>,
  tools: SourceTools,
  signal: AbortSignal | undefined,
): Promise<ReadGitFile> {
  const secret = await secretOf(credentialsSecret, tools, signal);
  const credentials = secret === undefined ? undefined : gitCredentialsOf(secret, `Secret ${tools.namespace}/${credentialsSecret ?? ""}`);
  return async () => {
    const repository = await tools.repositories.open({
      url,
      ...(branch === undefined ? {} : { branch }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    try {
      const { commit } = await repository.fetch();
      const text = await repository.filesAt(commit).read(path);
      if (text !== undefined) return { text, revision: commit };
      return {
        refusal: {
          reason: "ReleaseSourceUnreadable",
          message: `${repository.url} has no file ${path} on branch ${repository.branch}.`,
          remedy: "Set the path, from the repository's root, of the file that lists the releases.",
        },
      };
    } finally {
      await repository.dispose();
    }
  };
}

async function secretOf(
  name: string | undefined,
  { client, namespace }: SourceTools,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  return name === undefined ? undefined : readSecret(client, namespace, name, signal);
}

function authorizationOf({ token, username, password }: Readonly<Record<string, string>>): string | undefined {
  if (token !== undefined) return `Bearer ${token.trim()}`;
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username.trim()}:${(password ?? "").trim()}`).toString("base64")}`;
}
