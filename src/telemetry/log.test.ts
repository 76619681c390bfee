import { describe, expect, it } from "vitest";
import { jsonLog } from "./log.ts";
import { redaction } from "./redaction.ts";
import { memoryLog } from "./testing/memory-log.ts";

describe("the log", () => {
  it("writes a line of JSON for each event", () => {
    let text = "";
    const log = jsonLog({ level: "info", clock: { now: () => Date.UTC(2026, 7, 22, 10) }, write: (line) => (text += line) });
    log.info("step written", { cluster: "capi/prod-1", upgrade: "prod-1-x", phase: "ControlPlane", replicas: 3 });
    expect(text).toBe(
      '{"level":"info","time":"2026-08-22T10:00:00.000Z","cluster":"capi/prod-1","upgrade":"prod-1-x","phase":"ControlPlane","replicas":3,"msg":"step written"}\n',
    );
  });

  it.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["error", ["error"]],
    ["silent", []],
  ] as const)("at level %s tells %j", (level, expected) => {
    const levels: unknown[] = [];
    const log = jsonLog({ level, clock: { now: () => 0 }, write: (line) => levels.push((JSON.parse(line) as { level: string }).level) });
    log.debug("a");
    log.info("a");
    log.warn("a");
    log.error("a");
    expect(levels).toEqual(expected);
  });

  it("carries fields along, the nearest first", () => {
    const log = memoryLog();
    log.with({ cluster: "capi/prod-1", phase: "Planning" }).with({ phase: "Writing" }).warn("told", { upgrade: "u" });
    log.error("other");
    expect(log.lines).toEqual([
      { level: "warn", time: "2027-01-01T00:00:00.000Z", cluster: "capi/prod-1", phase: "Writing", upgrade: "u", msg: "told" },
      { level: "error", time: "2027-01-01T00:00:00.000Z", msg: "other" },
    ]);
    expect(log.text().match(/"phase"/g)).toHaveLength(1);
  });

  it("keeps its own fields", () => {
    const log = memoryLog();
    log.info("words", { level: "fatal", msg: "mine", time: 1 });
    expect(log.lines).toEqual([{ level: "info", time: "2027-01-01T00:00:00.000Z", level_: "fatal", msg_: "mine", time_: 1, msg: "words" }]);
  });

  it("tells an error with its causes", () => {
    const log = memoryLog();
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    log.error("look failed", { error: new TypeError("no answer", { cause }) });
    expect(log.lines[0]).toMatchObject({
      error: {
        type: "TypeError",
        message: "no answer",
        stack: expect.stringContaining("log.test.ts"),
        cause: { message: "connect ECONNREFUSED", code: "ECONNREFUSED" },
      },
    });
  });

  it("writes no secret, wherever it stands", () => {
    const log = memoryLog(undefined, () => ["hunter2secret"]);
    const looks = log.with({ remote: "https://robot:hunter2secret@git.test/x", settings: { signingKey: "KEY1" } });
    looks.info("the token is hunter2secret", {
      error: new Error(`401 for ${Buffer.from("hunter2secret").toString("base64")}`, { cause: new Error("Bearer abcdefghijkl") }),
      list: [{ url: "https://hooks.slack.com/services/T000/B000/XXXX" }],
      headers: { Authorization: "abc", "x-api-key": "KEY2" },
    });
    for (const secret of ["hunter2secret", "aHVudGVyMnNlY3JldA", "abcdefghijkl", "T000", "KEY1", "KEY2", '"abc"'])
      expect(log.text()).not.toContain(secret);
    expect(log.lines[0]).toMatchObject({ remote: "https://[redacted]@git.test/x", list: [{ url: "https://hooks.slack.com/[redacted]" }] });
  });
});

describe("redaction", () => {
  const redact = redaction(() => ["p@ss word", "abc"]);
  it.each<[unknown, unknown]>([
    ["nothing to hide, not even abc", "nothing to hide, not even abc"],
    ["p@ss word and p%40ss%20word", "[redacted] and [redacted]"],
    ["ssh://git@git.test/x", "ssh://[redacted]@git.test/x"],
    ["mail robot@fleet.test", "mail robot@fleet.test"],
    ["Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"],
    ["ghp_0123456789abcdefghijABCDEFGHIJ456789", "[redacted]"],
    ["glpat-0123456789abcdefghij", "[redacted]"],
    ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "[redacted]"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after", "[redacted] after"],
    [
      { password: "x", secretName: "git-token", tokenRef: { name: "a" }, secretNamespace: "b", hasToken: true, tokens: 3 },
      { password: "[redacted]", secretName: "git-token", tokenRef: { name: "a" }, secretNamespace: "b", hasToken: true, tokens: 3 },
    ],
    [
      { webhookUrl: "https://x", kubeconfig: "apiVersion…", clientSecret: { data: "x" } },
      { webhookUrl: "[redacted]", kubeconfig: "[redacted]", clientSecret: "[redacted]" },
    ],
    [new Map([["a", 1n]]), [["a", "1"]]],
    [
      [undefined, null, 1, true, () => 1],
      [undefined, null, 1, true, undefined],
    ],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [Buffer.from("secret"), "[binary]"],
    [{ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }, { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }],
    [{ a: { b: { c: { d: { e: { f: { g: { h: 1 } } } } } } } }, { a: { b: { c: { d: { e: { f: { g: "[deeper]" } } } } } } }],
    ["x".repeat(8193), `${"x".repeat(8192)}…`],
  ])("%j", (value, expected) => {
    expect(redact.value(value)).toEqual(expected);
  });

  it("ends with what refers to itself", () => {
    const ring: Record<string, unknown> = {};
    ring["again"] = ring;
    const error = new Error("a");
    error.cause = error;
    expect(JSON.stringify(redact.value({ ring, error }))).toContain("[deeper]");
  });
});
