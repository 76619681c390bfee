import { describe, expect, it } from "vitest";
import { createTimeline, timelineClock } from "../engine/timeline.ts";
import { createMemoryRemote } from "../git/memory-remote.ts";
import { openMemoryRepository } from "../git/memory-repository.ts";
import { startApplier, type ApplyAttempt } from "./applier.ts";

const cluster = "kind: Cluster\nmetadata: { name: c, namespace: ns }\nspec: { version: v1 }\n";
const someone = { name: "Ada", email: "ada@example.org" };

function scene(
  files: Readonly<Record<string, string>>,
  refuse: (name: string) => string | undefined = () => undefined,
  startMilliseconds = 0,
) {
  const timeline = createTimeline(0);
  const clock = timelineClock(timeline);
  const remote = createMemoryRemote(files, { atSeconds: 0 });
  const applied: string[] = [];
  const attempts: ApplyAttempt[] = [];
  const applier = startApplier({
    repository: openMemoryRepository(remote, { clock, random: () => 0 }),
    folder: "clusters",
    clock,
    startMilliseconds,
    apply: ({ kind, metadata }) => {
      const refusal = refuse(metadata?.name ?? "");
      if (refusal !== undefined) return Promise.reject(new Error(refusal));
      applied.push(`${kind}/${metadata?.name}`);
      return Promise.resolve();
    },
    onAttempt: (attempt) => void attempts.push(attempt),
  });
  return {
    remote,
    applied,
    attempts,
    applier,
    pass: async (milliseconds: number): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      timeline.runUntil(timeline.now() + milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("applier", () => {
  it("applies what the branch says, namespaces first, once per commit", async () => {
    const { remote, applied, applier, pass } = scene({
      "clusters/a.yaml": cluster,
      "clusters/z.yaml": `${cluster.replace("name: c,", "name: d,")}---\nkind: Namespace\nmetadata: { name: ns }\n---\n`,
      "clusters/list.yaml": "kind: List\nitems:\n- kind: ConfigMap\n  metadata: { name: cm, namespace: ns }\n",
      "elsewhere/b.yaml": cluster,
      "clusters/README.md": "no manifest",
    });
    await pass(0);
    expect(applied).toEqual(["Namespace/ns", "ConfigMap/cm", "Cluster/c", "Cluster/d"]);
    expect(applier.applied()).toBe(remote.tip("main"));
    await pass(10_000);
    expect(applied).toHaveLength(4);
    const commit = remote.commitOnTop("main", someone, "one\n", { "clusters/z.yaml": null, "clusters/list.yaml": null }, 1);
    await pass(3_000);
    expect(applied.slice(4)).toEqual(["Cluster/c"]);
    expect(applier.applied()).toBe(commit);
    await applier.stop();
    remote.commitOnTop("main", someone, "two\n", { "clusters/a.yaml": `${cluster}#\n` }, 2);
    await pass(10_000);
    expect(applied).toHaveLength(5);
  });

  it("tries again what was refused, tells why, and applies the rest", async () => {
    let message: string | undefined = "version cannot be decreased";
    const { applied, attempts, applier, pass } = scene(
      { "clusters/a.yaml": cluster, "clusters/b.yaml": cluster.replace("name: c,", "name: d,") },
      (name) => (name === "c" ? message : undefined),
    );
    await pass(0);
    await pass(3_000);
    expect(applied).toEqual(["Cluster/d", "Cluster/d"]);
    expect(attempts.map(({ errors }) => errors)).toEqual([
      [{ object: "Cluster ns/c", message: "version cannot be decreased" }],
      [{ object: "Cluster ns/c", message: "version cannot be decreased" }],
    ]);
    expect(applier.applied()).toBeUndefined();
    message = undefined;
    await pass(3_000);
    expect(applier.applied()).toBeDefined();
    await applier.stop();
  });

  it("looks for the first time when it is told to", async () => {
    const { applied, applier, pass } = scene({ "clusters/a.yaml": cluster }, undefined, 5_000);
    await pass(4_999);
    expect(applied).toEqual([]);
    await pass(1);
    expect(applied).toEqual(["Cluster/c"]);
    await applier.stop();
  });

  it("tells of YAML that cannot be read, and of a branch that is gone", async () => {
    const { attempts, applier, pass, remote } = scene({ "clusters/a.yaml": "kind: [\n" });
    await pass(0);
    expect(attempts[0]!.errors).toMatchObject([{ object: "clusters/a.yaml" }]);
    Object.assign(remote, { tip: () => undefined });
    await pass(3_000);
    expect(attempts[1]).toMatchObject({ errors: [{ message: expect.stringContaining("is gone") as string }] });
    await applier.stop();
  });
});
