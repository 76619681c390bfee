import type { RepositoryFiles } from "./repository-files.ts";

interface Known<K, T> {
  get(key: K): T | undefined;
  set(key: K, value: T): unknown;
  delete(key: K): unknown;
}

/** `make`, asked once for each key, however many ask. A failure is not kept: a remote that did not give a file may give it to the next who asks. */
export function onceForEach<K, T>(
  make: (key: K) => Promise<T>,
  known: Known<K, Promise<T>> = new Map<K, Promise<T>>(),
): (key: K) => Promise<T> {
  return (key) => {
    const already = known.get(key);
    if (already !== undefined) return already;
    const made = make(key);
    known.set(key, made);
    made.catch(() => known.delete(key));
    return made;
  };
}

/** Once for each state of a repository: what a state holds never changes (`RepositoryFiles`). Goes when the state does. */
export function oncePerState<T>(make: (files: RepositoryFiles) => Promise<T>): (files: RepositoryFiles) => Promise<T> {
  return onceForEach(make, new WeakMap<RepositoryFiles, Promise<T>>());
}
