import { answerAsGitHub } from "../../src/git/forges/testing/fake-github.ts";
import { forgeModel, type ForgeGround, type ForgeModel } from "../../src/git/forges/testing/forge-model.ts";
import type { SendHttp } from "../../src/http/send-http.ts";
import type { MemoryRemote } from "../../src/sandbox/git/memory-remote.ts";

/** Where the repository of a simulated GitHub is. */
export const simulatedRepository = "https://github.com/acme/fleet.git";

/** GitHub over a remote in memory; it merges by rebasing, so that each commit keeps its message. */
export function simulatedForge(remote: MemoryRemote): { readonly model: ForgeModel; readonly send: SendHttp } {
  const model = forgeModel(memoryForgeGround(remote));
  return {
    model,
    async send({ method, url, body }) {
      const { pathname, searchParams, origin } = new URL(url);
      if (origin !== "https://api.github.com") throw new Error(`nothing answers at ${origin}`);
      const path = pathname.split("/").slice(1).map(decodeURIComponent);
      const sent = body === undefined ? {} : (JSON.parse(body) as Readonly<Record<string, unknown>>);
      const answer = await answerAsGitHub(model, { method, path, query: searchParams, body: sent });
      const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
      return { status: answer.status, headers: { "content-type": "application/json" }, body: text, url };
    },
  };
}

function memoryForgeGround(remote: MemoryRemote): ForgeGround {
  const commitsAhead = (base: string, commit: string) =>
    remote.history({ from: commit, after: remote.tip(base)!, limit: 1000 }).toReversed();
  const changesOf = (id: string): ReadonlyMap<string, { readonly before: string | undefined; readonly after: string | undefined }> => {
    const { parent, files } = remote.commit(id);
    const before = parent === undefined ? new Map<string, string>() : remote.commit(parent).files;
    const paths = new Set([...before.keys(), ...files.keys()]);
    return new Map(
      [...paths].flatMap((path) =>
        before.get(path) === files.get(path) ? [] : [[path, { before: before.get(path), after: files.get(path) }]],
      ),
    );
  };
  /** Each file is what the commit knew, or what it makes of it; undefined: it is something else by now. */
  function rebased(base: string, commit: string): string | undefined {
    let tip = remote.tip(base)!;
    for (const { id, authorName, authorEmail, message, authoredAt } of commitsAhead(base, commit)) {
      const files = new Map(remote.commit(tip).files);
      for (const [path, { before, after }] of changesOf(id)) {
        if (files.get(path) !== before && files.get(path) !== after) return undefined;
        if (after === undefined) files.delete(path);
        else files.set(path, after);
      }
      const author = { name: authorName, email: authorEmail };
      tip = remote.write({ parent: tip, files, author, message, atSeconds: Date.parse(authoredAt) / 1000 });
    }
    return tip;
  }
  return {
    tip: (branch) => Promise.resolve(remote.tip(branch)),
    deleteBranch: (branch) => Promise.resolve(remote.remove(branch)),
    isAhead: (base, branch) => Promise.resolve(commitsAhead(base, remote.tip(branch)!).length > 0),
    mergesCleanly: (base, commit) => Promise.resolve(rebased(base, commit) !== undefined),
    merge(base, commit) {
      const merged = rebased(base, commit);
      if (merged === undefined) throw new Error("it conflicts");
      remote.move(base, remote.tip(base), merged);
      return Promise.resolve(merged);
    },
  };
}
