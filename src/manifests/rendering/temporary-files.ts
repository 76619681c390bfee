import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";

/** Runs `work` with the files written below a new temporary directory, which is gone afterwards. */
export async function withTemporaryFiles<T>(files: ReadonlyMap<string, string>, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "capi-gitops-render-"));
  try {
    for (const [path, text] of files) {
      const file = resolve(directory, path);
      // A repository's paths never leave it; this is the last door.
      if (!file.startsWith(directory + sep)) throw new Error(`${path} is not a path inside of a repository.`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
