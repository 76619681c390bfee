import type { Clock } from "../../clock.ts";
import { HttpError, type HttpAnswer, type SendHttp } from "../../http/send-http.ts";
import { answered, failed, type ReleaseSource, type SourceAnswer } from "../release-source.ts";
import { feedFormats, type FeedFormatName } from "./formats.ts";

export interface HttpFeedOptions {
  readonly name: string;
  readonly intervalSeconds?: number | undefined;
  readonly url: string;
  readonly format: FeedFormatName;
  /** `Bearer …`, from a Secret; goes to this server only. */
  readonly authorization?: string | undefined;
  readonly send: SendHttp;
  readonly clock: Pick<Clock, "now">;
}

export const feedLimits = { timeoutMilliseconds: 30_000, maximumBytes: 5 * 1024 * 1024 } as const;

/** A feed over HTTP. What is unchanged (`If-None-Match`) is not sent again. */
export function httpFeed({ name, intervalSeconds, url, format, authorization, send, clock }: HttpFeedOptions): ReleaseSource {
  const label = withoutSecrets(url);
  return {
    name,
    intervalSeconds,
    fetch: async ({ etag, signal }) => {
      const feed = feedFormats[format];
      const headers = {
        Accept: feed.mediaType,
        ...(etag === undefined ? {} : { "If-None-Match": etag }),
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      };
      const answer = await answerOrFailure(send({ method: "GET", url, headers, redirects: 5, signal, ...feedLimits }), label);
      if ("kind" in answer) return answer;
      if (answer.status === 304) return { kind: "unchanged", fetchedAt: clock.now() };
      if (answer.status !== 200) return rejected(label, answer);
      try {
        return answered(feed.decode(answer.body), answer.headers["etag"], clock.now(), label);
      } catch {
        // The reason would repeat the body, which may be anything.
        return failed(
          "ReleaseSourceUnreadable",
          `${label} does not answer in the format ${format}; what it said before is kept.`,
          "Set the format that this address speaks: docs/releases.md lists them.",
        );
      }
    },
  };
}

/** What goes wrong on the way becomes a value; an abort stays what it is. */
export async function answerOrFailure<Answer>(
  sending: Promise<Answer>,
  label: string,
): Promise<Answer | (SourceAnswer & { kind: "failed" })> {
  try {
    return await sending;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return failed(
      "ReleaseSourceUnreachable",
      `${label}: ${error.message}`,
      "What it said before is kept; it is asked again.",
    ) as SourceAnswer & {
      kind: "failed";
    };
  }
}

/** A status that is no success, in words. */
export function rejected(label: string, { status, headers }: HttpAnswer): SourceAnswer {
  const limited = status === 429 || (status === 403 && headers["x-ratelimit-remaining"] === "0");
  return failed(
    "ReleaseSourceRejected",
    `${label} answers with HTTP status ${status}${limited ? ": it was asked too often" : ""}; what it said before is kept.`,
    limited
      ? "Look less often, or give a token in the source's Secret."
      : status === 401 || status === 403
        ? "Give credentials that may read it in the source's Secret."
        : status === 404
          ? "Check the address: it names something that does not exist there."
          : "It is asked again; if it goes on, look at the server.",
  );
}

/** A URL for messages: without user, password and query, any of which may be secret. */
export function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return "an address that cannot be read";
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
