import type { Clock } from "../clock.ts";
import type { SendHttp } from "../http/send-http.ts";
import { answerOrFailure, feedLimits, rejected, withoutSecrets } from "./feeds/http-feed.ts";
import { releaseWith, versionIn } from "./release-facts.ts";
import { answered, failed, type ReleaseSource } from "./release-source.ts";

export interface ChannelRedirectOptions {
  readonly name: string;
  readonly intervalSeconds?: number | undefined;
  /** `https://update.rke2.io/v1-release/channels/stable`. */
  readonly url: string;
  readonly send: SendHttp;
  readonly clock: Pick<Clock, "now">;
}

/**
 * A channel server as k3s and RKE2 have them (and system-upgrade-controller reads them): it redirects to a page whose last path element is the channel's
 * version, `…/releases/tag/v1.35.2+rke2r1`, where `+` may be percent-encoded. The page itself is not asked for.
 */
export function channelRedirect({ name, intervalSeconds, url, send, clock }: ChannelRedirectOptions): ReleaseSource {
  const label = withoutSecrets(url);
  return {
    name,
    intervalSeconds,
    fetch: async ({ signal }) => {
      const answer = await answerOrFailure(send({ method: "GET", url, redirects: 0, signal, ...feedLimits }), label);
      if ("kind" in answer) return answer;
      const location = answer.headers["location"];
      if (answer.status < 300 || answer.status > 399 || location === undefined) {
        if (answer.status >= 400) return rejected(label, answer);
        return failed(
          "ReleaseSourceUnreadable",
          `${label} answers with HTTP status ${answer.status} instead of a redirect to a version; what it said before is kept.`,
          "Give the address of a channel, as https://update.k3s.io/v1-release/channels/stable.",
        );
      }
      const version = lastElement(location, url);
      return answered(version === undefined ? [] : [releaseWith(version)], undefined, clock.now(), `the redirect of ${label}`);
    },
  };
}

function lastElement(location: string, base: string): string | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const last = new URL(location, base).pathname.split("/").at(-1) ?? "";
  try {
    return versionIn(decodeURIComponent(last));
  } catch {
    return undefined;
  }
}
