import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { notificationForms } from "./deliver.ts";
import { dedupeKeyOf, headline, needsPeople, type Notification, type NotificationKind } from "./notification.ts";

const stuck: Notification = {
  kind: "stuck",
  cluster: { namespace: "capi", name: "prod-1" },
  policy: "prod",
  upgrade: "prod-1-v1.35.2",
  from: "v1.34.3",
  to: "v1.35.2",
  message: "Pool md-0 waits for pod web-1: its disruption budget allows no eviction.",
  remedy: "Raise the replicas of web.",
  links: [{ title: "Commit", url: "https://git.test/c/1" }],
  at: Date.UTC(2026, 7, 22, 10),
  dedupeKey: "capi/prod-1/prod-1-v1.35.2/stuck/md-0",
};
const context = { now: Date.UTC(2026, 7, 22, 10, 0, 30, 500), source: "mgmt-eu", signingKey: undefined };

describe("what is said", () => {
  it.each<[Partial<Notification>, string]>([
    [{}, "capi/prod-1: upgrade v1.34.3 → v1.35.2 is stuck"],
    [{ kind: "available", from: undefined }, "capi/prod-1: v1.35.2 is available"],
    [{ kind: "waiting-for-approval" }, "capi/prod-1: upgrade v1.34.3 → v1.35.2 waits for approval"],
    [{ kind: "proven", from: undefined }, "capi/prod-1: upgrade v1.35.2 is proven on every machine"],
    [{ kind: "refused", to: undefined }, "capi/prod-1: upgrade v1.34.3 → ? was refused"],
    [{ kind: "cancelled", from: undefined, to: undefined }, "capi/prod-1: upgrade was cancelled"],
  ])("%j", (more, expected) => {
    expect(headline({ ...stuck, ...more })).toBe(expected);
  });

  it.each<[NotificationKind, boolean]>([
    ["available", false],
    ["waiting-for-approval", true],
    ["waiting-for-review", true],
    ["started", false],
    ["stuck", true],
    ["proven", false],
    ["reverted", true],
    ["refused", true],
    ["timed-out", true],
    ["cancelled", false],
  ])("%s needs people: %s", (kind, expected) => {
    expect(needsPeople(kind)).toBe(expected);
  });

  it.each<[Partial<Notification>, string, string]>([
    [{}, "md-0", "capi/prod-1/prod-1-v1.35.2/stuck/md-0"],
    [{ kind: "available", upgrade: undefined }, "", "capi/prod-1/to-v1.35.2/available"],
    [{ cluster: { namespace: "a/b", name: "c" } }, "x y", "a%2Fb/c/prod-1-v1.35.2/stuck/x%20y"],
  ])("the key of %j %j is %s", (more, about, expected) => {
    expect(dedupeKeyOf({ ...stuck, ...more }, about)).toBe(expected);
  });
});

describe("Slack", () => {
  const said = (more: Partial<Notification> = {}): { text: string; blocks: unknown[] } =>
    JSON.parse(notificationForms.Slack({ ...stuck, ...more }, context).body) as { text: string; blocks: unknown[] };

  it("has a text for those that know no blocks, and blocks", () => {
    expect(said()).toEqual({
      text: "capi/prod-1: upgrade v1.34.3 → v1.35.2 is stuck. Pool md-0 waits for pod web-1: its disruption budget allows no eviction. Raise the replicas of web.",
      blocks: [
        {
          type: "section",
          text: {
            type: "mrkdwn",
            text: ":warning: *capi/prod-1: upgrade v1.34.3 → v1.35.2 is stuck*\nPool md-0 waits for pod web-1: its disruption budget allows no eviction.",
          },
        },
        { type: "section", text: { type: "mrkdwn", text: "*What to do:* Raise the replicas of web." } },
        {
          type: "section",
          fields: [
            { type: "mrkdwn", text: "*Policy*\nprod" },
            { type: "mrkdwn", text: "*Upgrade*\nprod-1-v1.35.2" },
            { type: "mrkdwn", text: "*From*\nv1.34.3" },
            { type: "mrkdwn", text: "*To*\nv1.35.2" },
          ],
        },
        {
          type: "context",
          elements: [
            { type: "mrkdwn", text: "<https://git.test/c/1|Commit>" },
            { type: "mrkdwn", text: "mgmt-eu" },
          ],
        },
      ],
    });
  });

  it("takes no mention, link or markup from what others wrote", () => {
    const text = JSON.stringify(
      said({
        message: "<!channel> & <https://evil.test|click>",
        remedy: "<@U1>",
        links: [
          { title: "a|b>", url: "https://git.test/x" },
          { title: "bad", url: "javascript:alert(1)" },
          { title: "bad", url: "https://a.test/|x>" },
        ],
      }),
    );
    expect(text).toContain("&lt;!channel&gt; &amp; &lt;https://evil.test|click&gt;");
    expect(text).toContain("<https://git.test/x|a¦b&gt;>");
    expect(text).not.toMatch(/<!|<@|javascript|bad/);
  });

  it("keeps to Slack's limits", () => {
    const { text, blocks } = said({
      message: "&".repeat(5000),
      policy: "p".repeat(5000),
      links: Array.from({ length: 20 }, () => ({ title: "t", url: "https://a.test" })),
    });
    expect(text.length).toBeLessThanOrEqual(3000);
    const texts = [...JSON.stringify(blocks).matchAll(/"type":"mrkdwn","text":"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? "");
    expect(Math.max(...texts.map((one) => one.length))).toBeLessThanOrEqual(3001);
    expect(texts.every((one) => !/&[a-z]{0,3}…$/.test(one))).toBe(true);
    expect((blocks.at(-1) as { elements: unknown[] }).elements).toHaveLength(6);
  });

  it("leaves out what is not known", () => {
    const { blocks } = said({ policy: undefined, upgrade: undefined, from: undefined, to: undefined, remedy: undefined, links: [] });
    expect(blocks).toHaveLength(2);
  });
});

const data = {
  kind: "stuck",
  source: "mgmt-eu",
  cluster: { namespace: "capi", name: "prod-1" },
  policy: "prod",
  upgrade: "prod-1-v1.35.2",
  from: "v1.34.3",
  to: "v1.35.2",
  message: "Pool md-0 waits for pod web-1: its disruption budget allows no eviction.",
  remedy: "Raise the replicas of web.",
  links: [{ title: "Commit", url: "https://git.test/c/1" }],
  at: "2026-08-22T10:00:00.000Z",
  dedupeKey: "capi/prod-1/prod-1-v1.35.2/stuck/md-0",
};

describe("generic JSON", () => {
  it("is plain data", () => {
    const { headers, body } = notificationForms.JSON(stuck, context);
    expect(JSON.parse(body)).toEqual(data);
    expect(headers).toEqual({
      "Content-Type": "application/json; charset=utf-8",
      "X-Capi-Gitops-Delivery": "capi/prod-1/prod-1-v1.35.2/stuck/md-0",
      "X-Capi-Gitops-Timestamp": "1787392830",
    });
  });

  it("is signed over its time and body", () => {
    const { headers } = notificationForms.JSON(stuck, { ...context, signingKey: "our key" });
    // printf '%s.%s' 1787392830 "$BODY" | openssl dgst -sha256 -hmac "our key"
    expect(headers["X-Capi-Gitops-Signature"]).toBe("sha256=d9519e3222d0a7f71d5fd9442dcd3a1e47552585bbe9e7c2f292ce08b453dfc8");
  });
});

describe("CloudEvents 1.0", () => {
  it("in structured mode", () => {
    const { headers, body } = notificationForms.CloudEvents(stuck, { ...context, source: "mgmt eu" });
    expect(headers).toEqual({ "Content-Type": "application/cloudevents+json; charset=utf-8", "X-Capi-Gitops-Timestamp": "1787392830" });
    expect(JSON.parse(body)).toEqual({
      specversion: "1.0",
      id: "capi/prod-1/prod-1-v1.35.2/stuck/md-0",
      source: "/clusterapi-gitops/mgmt%20eu",
      type: "io.clusterapi-gitops.upgrade.stuck",
      time: "2026-08-22T10:00:00.000Z",
      subject: "capi/prod-1",
      datacontenttype: "application/json",
      data: { ...data, source: "mgmt eu" },
    });
  });

  it("is signed as plain JSON is", () => {
    const { headers, body } = notificationForms.CloudEvents(stuck, { ...context, signingKey: "our key" });
    const expected = createHmac("sha256", "our key").update("1787392830.").update(body).digest("hex");
    expect(headers["X-Capi-Gitops-Signature"]).toBe(`sha256=${expected}`);
  });
});
