import type { ContentIds, FileReader, RepositoryFiles } from "./repository-files.ts";

/** What came of an input, and all files that it was made of: by path, the id of what was read there, or that there was nothing. */
interface Made<T> {
  readonly value: T;
  readonly reads: ReadonlyMap<string, string | undefined>;
}

interface Known<T> {
  /** The newest first. */
  readonly results: readonly Made<T>[];
  /** When it was last asked for. */
  readonly round: number;
}

interface Memory<T> {
  /** What was asked for last is last. */
  readonly known: Map<string, Known<T>>;
  rounds: number;
}

/** Results of one input that are remembered: a commit and the edit of it that is being proven take turns. */
const mostResults = 2;

/** An input that this many askers had no use for is forgotten: it is of files that are no more. */
const mostUnused = 100;

/** Reads that are asked for together share a connection. */
const readTogether = 32;

export interface RememberOptions<T> {
  /** So many are made at a time; default 32. */
  readonly together?: number;
  /** Whether a result may be remembered; default: always. */
  readonly isKept?: (value: T) => boolean;
}

/**
 * `make`, asked for all inputs of one state of a repository, and anew only where a file was changed since: where all that it read is the same, and nothing has appeared where it looked for a file,
 * the result is the one from before. `make` goes by its input, of which `keyOf` tells everything, and by what it reads; `before`, an earlier result of this input, is only for what need not be made twice. Without `contents` nothing is remembered.
 */
export function onceForSameReads<I, T>(
  keyOf: (input: I) => string,
  make: (files: FileReader, input: I, before: T | undefined) => Promise<T>,
  { together = readTogether, isKept = () => true }: RememberOptions<T> = {},
): (files: RepositoryFiles, inputs: readonly I[]) => Promise<readonly T[]> {
  const memories = new WeakMap<object, Memory<T>>();

  return async (files, inputs) => {
    const { contents } = files;
    if (contents === undefined) return someAtATime(together, inputs, (input) => make(files, input, undefined));
    const ids = await contents.ids();
    const memory = memories.get(contents.repository) ?? { known: new Map<string, Known<T>>(), rounds: 0 };
    memories.set(contents.repository, memory);
    const values = await someAtATime(together, inputs, (input) => ask(memory, files, ids, input));
    forgetUnused(memory);
    return values;
  };

  async function ask({ known, rounds: round }: Memory<T>, files: FileReader, ids: ContentIds, input: I): Promise<T> {
    const key = keyOf(input);
    const results = known.get(key)?.results ?? [];
    const same = results.find(({ reads }) => isSame(reads, ids));
    // What is being made is not remembered before it is there: others would take it by what it has read so far.
    const made = same ?? (await makeNoting(files, ids, input, results[0]?.value));
    if (!isKept(made.value)) return made.value;
    const others = (known.get(key)?.results ?? []).filter((one) => one !== made);
    known.delete(key);
    known.set(key, { results: [made, ...others].slice(0, mostResults), round });
    return made.value;
  }

  async function makeNoting(files: FileReader, ids: ContentIds, input: I, before: T | undefined): Promise<Made<T>> {
    const reads = new Map<string, string | undefined>();
    const read = (path: string): Promise<string | undefined> => {
      reads.set(path, ids.at(path));
      return files.read(path);
    };
    return { value: await make({ read }, input, before), reads };
  }
}

function forgetUnused<T>(memory: Memory<T>): void {
  for (const [key, { round }] of memory.known) {
    if (memory.rounds - round < mostUnused) break;
    memory.known.delete(key);
  }
  memory.rounds += 1;
}

async function someAtATime<I, T>(together: number, inputs: readonly I[], make: (input: I) => Promise<T>): Promise<readonly T[]> {
  const values: T[] = [];
  for (let at = 0; at < inputs.length; at += together) values.push(...(await Promise.all(inputs.slice(at, at + together).map(make))));
  return values;
}

function isSame(reads: ReadonlyMap<string, string | undefined>, ids: ContentIds): boolean {
  for (const [path, id] of reads) if (ids.at(path) !== id) return false;
  return true;
}
