import type { Clock } from "../clock.ts";
import type { Refusal } from "../refusal.ts";
import { readCatalogFile } from "./catalog-file.ts";
import { answered, failed, type ReleaseSource, type SourceAnswer } from "./release-source.ts";

/** The text of one file in a Git repository and the revision it was read at; a value says why it could not be read. */
export type ReadGitFile = (
  signal: AbortSignal | undefined,
) => Promise<{ readonly text: string; readonly revision: string } | { readonly refusal: Refusal }>;

export interface GitFileOptions {
  readonly name: string;
  readonly intervalSeconds?: number | undefined;
  /** For messages: `releases/catalog.yaml of https://git.test/fleet`. */
  readonly label: string;
  readonly read: ReadGitFile;
  readonly clock: Pick<Clock, "now">;
}

/** A catalog that is kept in Git, as everything else that is declared. Its revision is its etag. */
export function gitFile({ name, intervalSeconds, label, read, clock }: GitFileOptions): ReleaseSource {
  return {
    name,
    intervalSeconds,
    fetch: async ({ etag, signal }): Promise<SourceAnswer> => {
      const file = await read(signal);
      if ("refusal" in file) return { kind: "failed", failure: file.refusal };
      const fetchedAt = clock.now();
      if (file.revision === etag) return { kind: "unchanged", fetchedAt };
      try {
        const { releases, unreadable } = readCatalogFile(file.text);
        // In a file that a person wrote, a line that cannot be read is a mistake to be told, not noise to be skipped.
        if (unreadable.length > 0)
          return unreadableFile(label, file.revision, `${unreadable.length} of its entries cannot be read`, unreadable);
        return answered(releases, file.revision, fetchedAt, label);
      } catch (error) {
        return unreadableFile(label, file.revision, error instanceof Error ? error.message : String(error), []);
      }
    },
  };
}

function unreadableFile(label: string, revision: string, why: string, evidence: readonly string[]): SourceAnswer {
  return failed(
    "ReleaseSourceUnreadable",
    `${label} at ${revision.slice(0, 12)}: ${why}; what it said before is kept.`,
    "Mend the file; docs/releases.md shows its form.",
    evidence.slice(0, 10),
  );
}
