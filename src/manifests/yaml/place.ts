import type { FieldPath } from "../change.ts";

/** Where an object begins: a document of a file, or an item of a `List` in it. */
export interface ObjectPlace {
  readonly file: string;
  /** Index of the YAML document in the file. */
  readonly document: number;
  readonly path: FieldPath;
}

/** Where a scalar is written. */
export interface Place extends ObjectPlace {
  /** 1-based, for people. */
  readonly line: number;
  /** The scalar at `path` is itself YAML text (an inline patch); this is where in that text the value is. */
  readonly inner?: { readonly document: number; readonly path: FieldPath };
  /** The value is only a part of the scalar's text: this is around it. */
  readonly around?: { readonly before: string; readonly after: string };
}
