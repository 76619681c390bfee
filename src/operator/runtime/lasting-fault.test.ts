import { describe, expect, it } from "vitest";
import { ApiError, ConnectionError } from "../../kubernetes/errors.ts";
import { memoryLog } from "../../telemetry/testing/memory-log.ts";
import { lastingFault } from "./lasting-fault.ts";

const refused = new ConnectionError("refused", "GET lease: 127.0.0.1:6443 refuses connections");
const forbidden = new ApiError("GET lease", 403, JSON.stringify({ reason: "Forbidden", message: "may not get leases" }));

function scene(patience = 1) {
  let now = 0;
  const log = memoryLog();
  const fault = lastingFault({
    log,
    clock: { now: () => now },
    message: "it fails",
    over: "it works again",
    fields: { lease: "x" },
    patience,
  });
  const seconds = (count: number): void => void (now += count * 1000);
  const told = () =>
    log.lines.map(({ level, msg, reason, times, seconds }) =>
      [level, msg, reason, times, seconds]
        .flatMap((each) => (typeof each === "string" || typeof each === "number" ? String(each) : []))
        .join(" "),
    );
  return { log, fault, seconds, told };
}

describe("a fault that lasts", () => {
  it("an API server that is away for five minutes and asked every three seconds: a line when it goes, one a minute, one when it is back", () => {
    const { fault, seconds, told, log } = scene();
    for (let asked = 0; asked < 100; asked += 1) {
      fault.failed(refused);
      seconds(3);
    }
    fault.passed();
    fault.passed();
    expect(told()).toEqual([
      "warn it fails Unreachable",
      "warn it fails Unreachable 21 60",
      "warn it fails Unreachable 41 120",
      "warn it fails Unreachable 61 180",
      "warn it fails Unreachable 81 240",
      "info it works again 100 300",
    ]);
    expect(log.text()).not.toMatch(/ {4}at |stack/);
    expect(log.lines.every(({ lease }) => lease === "x")).toBe(true);
  });

  it("another reason is told at once, and what works is not told", () => {
    const { fault, told, seconds } = scene();
    fault.passed();
    expect(told()).toEqual([]);
    fault.failed(refused);
    seconds(1);
    fault.failed(forbidden);
    fault.failed(forbidden);
    expect(told()).toEqual(["warn it fails Unreachable", "warn it fails Forbidden"]);
  });

  it("what comes and goes every two seconds is told once a minute, and so is its end", () => {
    const { fault, told, seconds } = scene();
    for (let times = 0; times < 30; times += 1) {
      fault.failed(refused);
      seconds(2);
      fault.passed();
      seconds(2);
    }
    expect(told()).toEqual([
      "warn it fails Unreachable",
      "info it works again 1 2",
      "warn it fails Unreachable",
      "info it works again 1 2",
    ]);
  });

  it("what changes with every look is told once a minute for each reason", () => {
    const { fault, told, seconds } = scene();
    for (let times = 0; times < 30; times += 1) {
      fault.failed(times % 2 === 0 ? refused : forbidden);
      seconds(1);
    }
    expect(told()).toEqual(["warn it fails Unreachable", "warn it fails Forbidden"]);
  });

  it("what is over before it lasts says nothing", () => {
    const { fault, told } = scene(3);
    fault.failed(refused);
    fault.failed(refused);
    fault.passed();
    fault.failed(refused);
    fault.failed(refused);
    expect(told()).toEqual([]);
    fault.failed(refused);
    fault.passed();
    expect(told()).toEqual(["warn it fails Unreachable", "info it works again 3 0"]);
  });

  it("a mistake of this program is told with its stack", () => {
    const { fault, log } = scene();
    fault.failed(new TypeError("x is not a function"));
    expect(log.text()).toMatch(/lasting-fault\.test\.ts/);
  });
});
