import { array, nullish, object, safeParse, string } from "valibot";
import type { Clock } from "../../clock.ts";
import type { SendHttp } from "../../http/send-http.ts";
import type { Release } from "../../upgrade/policy/release.ts";
import { answerOrFailure, rejected } from "../feeds/http-feed.ts";
import { releaseWith } from "../release-facts.ts";
import { answered, failed, type ReleaseSource, type SourceAnswer } from "../release-source.ts";
import { parseImageReference } from "./image-reference.ts";
import { registryClient } from "./registry-client.ts";
import type { RegistryLogins } from "./registry-login.ts";
import { imageOfVersion, parseTagPattern, versionOfTag } from "./tag-pattern.ts";

export interface RegistryTagsOptions {
  readonly name: string;
  readonly intervalSeconds?: number | undefined;
  /** `kindest/node:{version}`: tag-pattern.ts. */
  readonly pattern: string;
  /** Kind of the machine templates that the images are for: `DockerMachineTemplate`. Undefined: only the versions are taken. */
  readonly templateKind?: string | undefined;
  readonly logins?: RegistryLogins | undefined;
  readonly send: SendHttp;
  readonly clock: Pick<Clock, "now">;
}

/** Tags asked for at once, and how many answers are read: 50,000 tags are more than any list of versions has. */
const pageSize = 1000;
const maximumPages = 50;
const Tags = object({ tags: nullish(array(string())) });

/** The versions for which a registry has an image: `GET /v2/<name>/tags/list` of the OCI Distribution Specification, page by page. */
export function registryTags({
  name,
  intervalSeconds,
  pattern: text,
  templateKind,
  logins,
  send,
  clock,
}: RegistryTagsOptions): ReleaseSource {
  const pattern = parseTagPattern(text);
  const image = pattern && parseImageReference(pattern.repository);
  const ask = image && registryClient({ image, logins, send, clock });
  return {
    name,
    intervalSeconds,
    fetch: async ({ signal }): Promise<SourceAnswer> => {
      if (pattern === undefined || image === undefined || ask === undefined)
        return failed(
          "ReleaseSourceUnreadable",
          `${JSON.stringify(text)} is not a pattern of image names.`,
          "Write it like `kindest/node:{version}`.",
        );
      const label = `the tag list of ${pattern.repository}`;
      const releases = new Map<string, Release>();
      let url: string | undefined = `${image.registry}/v2/${image.repository}/tags/list?n=${pageSize}`;
      for (let page = 1; url !== undefined; page += 1) {
        if (page > maximumPages)
          return failed(
            "ReleaseSourceUnreadable",
            `${label} does not end after ${maximumPages} pages.`,
            "Use a repository that holds node images only.",
          );
        const answer = await answerOrFailure(ask({ method: "GET", url, signal }), label);
        if ("refusal" in answer) return { kind: "failed", failure: answer.refusal };
        if ("kind" in answer) return answer;
        if (answer.status !== 200) return rejected(label, answer);
        const tags = tagsIn(answer.body);
        if (tags === undefined) return failed("ReleaseSourceUnreadable", `${label} is no OCI tag list.`, "Check the registry's address.");
        for (const tag of tags) {
          const version = versionOfTag(pattern, tag);
          if (version === undefined) continue;
          releases.set(
            version,
            releaseWith(version, {
              images: templateKind === undefined ? [] : [{ templateKind, image: imageOfVersion(pattern, version) }],
            }),
          );
        }
        url = nextPage(answer.headers["link"], answer.url);
      }
      return answered([...releases.values()], undefined, clock.now(), label);
    },
  };
}

function tagsIn(body: string): readonly string[] | undefined {
  try {
    const parsed = safeParse(Tags, JSON.parse(body));
    return parsed.success ? (parsed.output.tags ?? []) : undefined;
  } catch {
    return undefined;
  }
}

/** `</v2/kindest/node/tags/list?last=v1.30.0&n=1000>; rel="next"` (RFC 8288). A next page on another server is none: the token would go there. */
export function nextPage(link: string | undefined, current: string): string | undefined {
  const target = /<([^>]*)>\s*;[^<]*\brel="?next"?/i.exec(link ?? "")?.[1];
  if (target === undefined || !URL.canParse(target, current)) return undefined;
  const next = new URL(target, current);
  return next.origin === new URL(current).origin && next.href !== current ? next.href : undefined;
}
