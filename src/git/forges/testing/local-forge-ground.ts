import type { LocalRemote } from "../../testing/local-remote.ts";
import type { ForgeGround } from "./forge-model.ts";

/** A real bare repository: conflicts and merges are Git's own. */
export function localForgeGround(remote: LocalRemote): ForgeGround {
  const tree = async (base: string, commit: string): Promise<string> =>
    (await remote.git("merge-tree", "--write-tree", base, commit)).split("\n")[0] ?? "";
  return {
    tip: (branch) => remote.tip(branch).catch(() => undefined),
    deleteBranch: async (branch) => void (await remote.git("update-ref", "-d", `refs/heads/${branch}`)),
    isAhead: async (base, branch) => (await remote.git("rev-list", "--count", `${base}..${branch}`)) !== "0",
    mergesCleanly: (base, commit) =>
      tree(base, commit).then(
        () => true,
        () => false,
      ),
    async merge(base, commit, message) {
      const parents = ["-p", await remote.tip(base), "-p", commit];
      const author = ["-c", "user.name=Forge", "-c", "user.email=f@example.org"];
      const merged = await remote.git(...author, "commit-tree", ...parents, "-m", message, await tree(base, commit));
      await remote.git("update-ref", `refs/heads/${base}`, merged);
      return merged;
    },
  };
}
