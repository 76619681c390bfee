import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitRepository } from "./git-repository.ts";
import { localRemote, type LocalRemote } from "./testing/local-remote.ts";
import { recordedGit } from "./testing/wrapped-program.ts";

const names = Array.from({ length: 20 }, (_, index) => `shop-${index}`);
const manifest = (name: string, more = ""): string => `kind: Cluster\nmetadata: {name: ${name}}\n${more}`;

let remote: LocalRemote;
let repository: GitRepository;
let recorded: Awaited<ReturnType<typeof recordedGit>>;

beforeEach(async () => {
  const clusters = Object.fromEntries(names.map((name) => [`clusters/${name}.yaml`, manifest(name)]));
  remote = await localRemote({
    ...clusters,
    ...Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`other/${index}.yaml`, `kind: ConfigMap # ${index}\n`])),
    "other/twice.yaml": manifest("shop-3"),
    "other/both.yaml": manifest("shop-3", "# beside shop-4\n"),
    "picture.png": "shop-3",
  });
  recorded = await recordedGit(remote.directory);
  repository = await remote.open({ environment: recorded.environment });
});
afterEach(async () => {
  await repository.dispose();
  await remote.dispose();
});

async function tip(): Promise<{
  readonly commit: string;
  readonly find: (name: string, under?: string) => Promise<readonly string[] | undefined>;
}> {
  const { commit } = await repository.fetch();
  return { commit, find: async (name, under) => repository.filesAt(commit).search?.([name], under, "whole-words") };
}
const greps = async (): Promise<number> => (await recorded.argv()).match(/^argv: .* grep /gm)?.length ?? 0;

describe("names that are looked for in a commit", () => {
  it("are found by git while they are few, and in an index once they are many", async () => {
    const { find } = await tip();
    await Promise.all(names.slice(0, 8).map((name) => find(name)));
    expect(await greps()).toBe(8);
    for (const name of names.slice(5)) expect(await find(name)).toEqual([`clusters/${name}.yaml`]);
    expect(await greps()).toBe(8);
    expect(await find("shop-3")).toEqual(["clusters/shop-3.yaml", "other/both.yaml", "other/twice.yaml"]);
    expect(await find("shop-3", "other/")).toEqual(["other/both.yaml", "other/twice.yaml"]);
    expect(await find("shop-3", "clusters/shop-3.yaml")).toEqual(["clusters/shop-3.yaml"]);
    expect(await find("shop-3", "elsewhere")).toEqual([]);
    expect(await find("shop")).toEqual([]);
    const { commit } = await repository.fetch();
    const files = repository.filesAt(commit);
    expect(await files.search?.(["shop-4", "shop-3"], "other", "whole-words")).toEqual(["other/both.yaml", "other/twice.yaml"]);
    // Anything else is still found wherever it stands.
    expect(await files.search?.(["beside shop"], "", "whole-words")).toEqual(["other/both.yaml"]);
    expect(await files.search?.(["hop-19"])).toEqual(["clusters/shop-19.yaml"]);
  });

  it("are those of that commit, with another one in flight", async () => {
    const before = await tip();
    for (const name of names) await before.find(name);
    await remote.commit({
      "clusters/shop-1.yaml": manifest("shop-100"),
      "clusters/shop-2.yaml": null,
      "clusters/new.yaml": manifest("shop-1"),
      "moved/shop-5.yaml": manifest("shop-5"),
    });
    const after = await tip();
    expect(after.commit).not.toBe(before.commit);
    const both = (name: string) => Promise.all([before.find(name), after.find(name)]);
    expect(await Promise.all(["shop-1", "shop-2", "shop-100", "shop-5", "shop-6"].map(both))).toEqual([
      [["clusters/shop-1.yaml"], ["clusters/new.yaml"]],
      [["clusters/shop-2.yaml"], []],
      [[], ["clusters/shop-1.yaml"]],
      [["clusters/shop-5.yaml"], ["clusters/shop-5.yaml", "moved/shop-5.yaml"]],
      [["clusters/shop-6.yaml"], ["clusters/shop-6.yaml"]],
    ]);
  });

  it("are found in old and new commits after the index has been made anew", async () => {
    const first = await tip();
    for (const name of names) await first.find(name);
    // Twice the files of a commit, and a few: the index begins anew.
    for (let round = 0; round < 4; round += 1) {
      await remote.commit(
        Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`other/${index}.yaml`, `kind: Round${round} # of-${index}\n`])),
      );
      const { find } = await tip();
      expect(await find(`Round${round}`)).toHaveLength(80);
      expect(await find(`of-7`)).toEqual(["other/7.yaml"]);
      expect(await find("shop-7")).toEqual(["clusters/shop-7.yaml"]);
    }
    expect(await first.find("of-7")).toEqual([]);
    expect(await first.find("shop-7")).toEqual(["clusters/shop-7.yaml"]);
  });
});
