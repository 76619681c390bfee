import type { RunGit } from "./git-command.ts";
import type { ObjectReader } from "./object-reader.ts";

/** File contents of a partial clone: what is missing comes from the remote, many in one connection. */
export interface BlobStore {
  /** Content of a blob. Reads that are asked for in the same turn share one connection. */
  read(id: string): Promise<Buffer>;
  /** Makes these blobs local. */
  ensure(ids: Iterable<string>): Promise<void>;
}

export function blobStore(git: RunGit, reader: ObjectReader): BlobStore {
  let local: Promise<Set<string>> | undefined;
  let turn: { readonly ids: Set<string>; readonly done: Promise<void> } | undefined;

  const ensure = async (ids: Iterable<string>): Promise<void> => {
    local ??= localObjects(git);
    const present = await local;
    const missing = [...new Set(ids)].filter((id) => !present.has(id));
    if (missing.length === 0) return;
    // What git itself runs to get missing objects (promisor-remote.c), but for all of them at once.
    await git(
      [
        "-c",
        "fetch.negotiationAlgorithm=noop",
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--filter=blob:none",
        "--stdin",
        "--end-of-options",
        "origin",
      ],
      {
        input: `${missing.join("\n")}\n`,
      },
    );
    for (const id of missing) present.add(id);
  };

  return {
    ensure,
    read: async (id) => {
      turn ??= gather(ensure, () => (turn = undefined));
      turn.ids.add(id);
      await turn.done;
      const object = await reader.read(id);
      if (object === undefined) throw new Error(`blob ${id} is missing although it was fetched`);
      return object.content;
    },
  };
}

/** Collects ids until the current turn of the event loop ends, then makes them local together. */
function gather(
  ensure: (ids: Iterable<string>) => Promise<void>,
  closed: () => void,
): { readonly ids: Set<string>; readonly done: Promise<void> } {
  const ids = new Set<string>();
  const done = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    closed();
    return ensure(ids);
  });
  return { ids, done };
}

/** Ids of all objects that are here; asks the remote for nothing. A server without filters may have sent everything. */
async function localObjects(git: RunGit): Promise<Set<string>> {
  const { stdout } = await git(["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)"]);
  return new Set(stdout.toString("latin1").split("\n"));
}
