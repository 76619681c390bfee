import { headline, needsPeople, type Notification } from "./notification.ts";
import type { NotificationForm } from "./webhook.ts";

/** Limits of Slack's Block Kit, in characters and pieces. */
const sectionLimit = 3000;
const fieldLimit = 2000;
const linkCount = 5;

/** For incoming webhooks of Slack, and of what speaks like it (Mattermost, Rocket.Chat): `text` for those that know no blocks. */
export const slackForm: NotificationForm = (notification, { source }) => {
  const { kind, message, remedy, links, policy, upgrade, from, to } = notification;
  const title = `${needsPeople(kind) ? ":warning: " : ""}*${escaped(headline(notification))}*`;
  const facts = Object.entries({ Policy: policy, Upgrade: upgrade, From: from, To: to }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const blocks = [
    section(`${title}\n${escaped(message)}`),
    ...(remedy === undefined ? [] : [section(`*What to do:* ${escaped(remedy)}`)]),
    ...(facts.length === 0
      ? []
      : [
          {
            type: "section",
            fields: facts.map(([name, value]) => ({ type: "mrkdwn", text: cut(`*${name}*\n${escaped(value)}`, fieldLimit) })),
          },
        ]),
    ...contextOf(links, source),
  ];
  const text = `${headline(notification)}. ${message}${remedy === undefined ? "" : ` ${remedy}`}`;
  return {
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify({ text: cut(escaped(text), sectionLimit), blocks }),
  };
};

function section(text: string): object {
  return { type: "section", text: { type: "mrkdwn", text: cut(text, sectionLimit) } };
}

function contextOf(links: Notification["links"], source: string): readonly object[] {
  const shown = links.filter(({ url }) => /^https?:\/\/[^\s<>|]+$/.test(url)).slice(0, linkCount);
  const texts = [...shown.map(({ title, url }) => `<${escaped(url)}|${escaped(title).replaceAll("|", "¦")}>`), escaped(source)];
  return [{ type: "context", elements: texts.map((text) => ({ type: "mrkdwn", text: cut(text, fieldLimit) })) }];
}

/** Slack's three control characters. What is escaped can be no link and no mention of a channel. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Not in the middle of an escape. */
function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/&[a-z]{0,3}$/, "")}…`;
}
