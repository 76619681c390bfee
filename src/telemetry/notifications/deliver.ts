import type { Clock } from "../../clock.ts";
import { HttpError, type SendHttp } from "../../http/send-http.ts";
import type { Refusal } from "../../refusal.ts";
import { cloudEventsForm } from "./cloudevents.ts";
import { genericJsonForm } from "./generic-json.ts";
import type { Notification } from "./notification.ts";
import { slackForm } from "./slack.ts";
import type { NotificationForm } from "./webhook.ts";

export const notificationForms = {
  Slack: slackForm,
  JSON: genericJsonForm,
  CloudEvents: cloudEventsForm,
} as const satisfies Readonly<Record<string, NotificationForm>>;

export type NotificationFormName = keyof typeof notificationForms;

export interface NotificationTarget {
  /** For messages and logs, in place of its URL. */
  readonly name: string;
  readonly form: NotificationFormName;
  /** A secret: whoever has a webhook's URL can write to it. */
  readonly url: string;
  /** For `JSON` and `CloudEvents`. */
  readonly signingKey?: string | undefined;
  /** `Bearer …`, where the receiver wants one. */
  readonly authorization?: string | undefined;
}

export type DeliveryResult =
  { readonly kind: "sent"; readonly attempts: number } | { readonly kind: "failed"; readonly attempts: number; readonly failure: Refusal };

export interface DeliveryTools {
  readonly send: SendHttp;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly source: string;
}

const attemptsAtMost = 5;
const firstPauseMilliseconds = 1000;
const longestPauseMilliseconds = 60_000;

/**
 * Sends one notification to one receiver: again on 408, 429, 5xx and lost connections, after pauses that double and are spread, or that the receiver names; five times at most. It may
 * arrive twice when an answer is lost, with the same key. Rejects only with the signal's reason.
 */
export async function deliver(
  target: NotificationTarget,
  notification: Notification,
  { send, clock, random, source }: DeliveryTools,
  signal?: AbortSignal,
): Promise<DeliveryResult> {
  for (let attempt = 1; ; attempt += 1) {
    const { headers, body } = notificationForms[target.form](notification, { now: clock.now(), source, signingKey: target.signingKey });
    const outcome = await post(send, target, headers, body, signal);
    if (outcome === "sent") return { kind: "sent", attempts: attempt };
    if (!outcome.again || attempt === attemptsAtMost) return { kind: "failed", attempts: attempt, failure: undelivered(target, outcome) };
    const pause = Math.min(
      longestPauseMilliseconds,
      outcome.pauseMilliseconds ?? firstPauseMilliseconds * 2 ** (attempt - 1) * (0.5 + random()),
    );
    await clock.sleep(pause, signal);
  }
}

interface Setback {
  readonly why: string;
  readonly again: boolean;
  readonly pauseMilliseconds?: number | undefined;
}

async function post(
  send: SendHttp,
  target: NotificationTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal | undefined,
): Promise<"sent" | Setback> {
  try {
    const answer = await send({
      method: "POST",
      url: target.url,
      headers: { ...headers, ...(target.authorization === undefined ? {} : { Authorization: target.authorization }) },
      body,
      timeoutMilliseconds: 10_000,
      maximumBytes: 64 * 1024,
      redirects: 0,
      signal,
    });
    const { status } = answer;
    if (status >= 200 && status < 300) return "sent";
    return {
      why: `answers with HTTP status ${status}`,
      again: status === 408 || status === 429 || status >= 500,
      pauseMilliseconds: retryAfter(answer.headers["retry-after"]),
    };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    // Its own words name the host, which for a webhook is nobody's business either.
    switch (error.kind) {
      case "unreachable":
        return { why: "cannot be reached", again: true };
      case "timeout":
        return { why: "does not answer in time", again: true };
      case "too-large":
        // It was taken, or else the status would tell; only the answer is odd.
        return "sent";
      case "redirect":
      case "url":
        return { why: "has an address that cannot be used", again: false };
      default:
        return error.kind satisfies never;
    }
  }
}

function retryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function undelivered(target: NotificationTarget, { why, again }: Setback): Refusal {
  return {
    reason: "NotificationUndelivered",
    message: `The receiver ${target.name} ${why}; this notification was not delivered. Upgrades go on.`,
    remedy: again ? "It is tried again later; look at the receiver." : "Correct the URL and the credentials in the receiver's Secret.",
  };
}
