/** The files of one commit (or of a directory), as far as editing manifests needs them. Every method sees the same unchanging state. */
export interface RepositoryFiles {
  /** Paths of all regular files (blobs, mode 100644/100755), '/'-separated, relative to the repository root, sorted. Symlinks and submodules are left out. */
  list(): Promise<readonly string[]>;
  /** The file's text, or undefined when there is no such file. Rejects with NotTextError when it's not valid UTF-8. */
  read(path: string): Promise<string | undefined>;
  /**
   * Paths below `under` (or all) whose contents contain any of the given literal strings; may over-approximate. Lets big repositories be searched without reading every blob.
   * `whole-words`: where a string is only part of a longer name does not count (a name is of letters, digits, `_`, `.` and `-`).
   */
  search?(literals: readonly string[], under?: string, which?: "anywhere" | "whole-words"): Promise<readonly string[]>;
  /** Which files are the same as in another state of the repository: what was worked out of those need not be worked out again. Absent: that is not known. */
  readonly contents?: FileContents;
}

/** Work that reads single files, and goes by nothing else. */
export type FileReader = Pick<RepositoryFiles, "read">;

export interface FileContents {
  /** One for all states of a repository: what is remembered of them goes when it does. */
  readonly repository: object;
  ids(): Promise<ContentIds>;
}

/** Files with the same id read the same, in whatever state of the repository. */
export interface ContentIds {
  /** Undefined when there is no such file. */
  at(path: string): string | undefined;
  /** The id of a file with this text. */
  of(text: string): string;
}

/** The file is not valid UTF-8, so it cannot be edited as text. */
export class NotTextError extends Error {
  override readonly name = "NotTextError";
  readonly path: string;

  constructor(path: string) {
    super(`${path} is not valid UTF-8, so it was not read as text. Save it as UTF-8, or leave it out of the paths that are searched.`);
    this.path = path;
  }
}
