import { array, boolean, nullish, object, parse, safeParse, string, unknown } from "valibot";
import { instantIn, releaseWith, versionIn } from "../release-facts.ts";
import type { FeedFormat } from "./feed-format.ts";

const GitHubRelease = object({ tag_name: string(), draft: nullish(boolean()), published_at: nullish(string()) });

/**
 * `https://api.github.com/repos/kubernetes/kubernetes/releases?per_page=100`: one page, the newest first. Without a token GitHub answers 60 times an hour;
 * what is unchanged does not count. A pre-release is told by its version.
 */
export const gitHubReleases: FeedFormat = {
  mediaType: "application/vnd.github+json",
  decode: (text) =>
    parse(array(unknown()), JSON.parse(text)).flatMap((item) => {
      const release = safeParse(GitHubRelease, item);
      const version = release.success ? versionIn(release.output.tag_name) : undefined;
      if (!release.success || version === undefined || release.output.draft === true) return [];
      return [releaseWith(version, { releasedAt: instantIn(release.output.published_at) })];
    }),
};
