import { describe, expect, it } from "vitest";
import { GitError } from "../../git/git-error.ts";
import { ApiError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { failureOf, StalledError, WaitingError } from "../runtime/failure.ts";
import { reportFailure } from "./report-failure.ts";

const away = new GitError("unreachable", { seen: "Git hangs up", meaning: "It is away", remedy: "Look at the server" });
const conflict = new ApiError("PATCH", 409, JSON.stringify({ reason: "Conflict", message: "changed meanwhile" }));
const lost = new StalledError("ManifestNotFound", "No file declares it.", "Name the folder with --path, then ask again.");

const upgrade = (status?: object): KubernetesObject => ({
  kind: "ClusterUpgrade",
  metadata: { name: "u", namespace: "fleet", uid: "1", generation: 2 },
  spec: { clusterName: "demo", targetVersion: "v1.35.2" },
  ...(status === undefined ? {} : { status }),
});

/** The status that is written, if any, and the events. */
async function told(object: KubernetesObject, error: unknown, failures: number) {
  const written: Record<string, unknown>[] = [];
  const events: string[] = [];
  await reportFailure(object, failureOf(error), failures, {
    status: { write: (_, status) => Promise.resolve(written.push(status as Record<string, unknown>) > 0), forget: () => undefined },
    events: { record: (_, { type, reason }) => void events.push(`${type} ${reason}`), flush: () => Promise.resolve() },
    now: 0,
  });
  return { status: written[0], events };
}

describe("a pass that failed", () => {
  it("of an upgrade that nobody could look at yet: is told at the first time", async () => {
    const { status, events } = await told(upgrade(), away, 1);
    expect(status).toMatchObject({ phase: "Pending", message: "Git hangs up. It is away.", remedy: "Look at the server" });
    expect(status?.["conditions"]).toMatchObject([
      { type: "Ready", status: "False", reason: "GitUnreachable", message: "Git hangs up. It is away. Look at the server" },
      { type: "Reconciling", status: "True" },
    ]);
    expect(events).toEqual(["Warning GitUnreachable"]);
  });

  it.each<readonly [string, KubernetesObject, unknown, number, boolean]>([
    ["of one that has a phase, what passes by itself, once", upgrade({ phase: "Rolling" }), away, 1, false],
    ["the fourth time in a row", upgrade({ phase: "Rolling" }), away, 4, true],
    ["that somebody wrote in between", upgrade(), conflict, 1, false],
    ["what needs a person", upgrade({ phase: "Rolling" }), lost, 1, true],
    ["of another kind, once", { kind: "ReleaseCatalog", metadata: { name: "c" } }, away, 1, false],
  ])("%s", async (_, object, error, failures, isTold) => {
    const { status } = await told(object, error, failures);
    expect(status !== undefined).toBe(isTold);
  });

  it("leaves where the upgrade is, and speaks to whoever reads it in the object", async () => {
    const { status } = await told(upgrade({ phase: "Rolling", stepsDone: 1, remedy: "old" }), lost, 1);
    expect(status).toMatchObject({
      phase: "Rolling",
      stepsDone: 1,
      message: "No file declares it.",
      remedy: "Name the folder with git.repository.path, then it goes on by itself.",
    });
  });

  it("takes away what was to be done before, where there is nothing to do", async () => {
    const { status } = await told(
      upgrade({ phase: "Rolling", remedy: "old" }),
      new WaitingError("Turn", "Others are before it.", 1_000),
      1,
    );
    expect(status).toMatchObject({ phase: "Rolling" });
    expect(Object.keys(status!)).not.toContain("remedy");
  });
});
