import type { Refusal } from "../refusal.ts";
import type { EditOptions, FieldPath } from "./change.ts";
import type { ObjectIdentity } from "./object-identity.ts";
import type { RepositoryFiles } from "./repository-files.ts";
import type { ObjectPlace, Place } from "./yaml/place.ts";

/**
 * One style of declaring objects: plain YAML, Kustomize (with Flux), Helm. A style knows where an object and its fields are written; it edits nothing.
 * A new style is a folder with one of these and its row in `sources.ts`.
 */
export interface ManifestSource {
  readonly name: string;
  locate(files: RepositoryFiles, object: ObjectIdentity, options: EditOptions): Promise<SourceResult>;
  /** Whether this style takes a file in: then it is not a manifest of its own. Absent: it takes in none. */
  governs?(files: RepositoryFiles): Promise<(file: string) => boolean>;
  /**
   * After the edit: whether what this style makes of the repository differs from before by the intended changes and nothing else. A refusal names what else
   * would change. Absent where the edited text itself is what is applied.
   */
  verify?(before: RepositoryFiles, after: RepositoryFiles, intended: readonly IntendedChange[]): Promise<Refusal | undefined>;
}

export type SourceResult =
  | { readonly kind: "found"; readonly object: SourcedObject }
  /** `hints`: where the object could still come from without being seen here, for the message when nobody finds it. */
  | {
      readonly kind: "absent";
      readonly hints: readonly string[];
      /** What to say when no style finds the object, where this one knows better than "not found": `HelmNotInstalled`. */
      readonly otherwise?: Refusal;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** An object as a style sees it. */
export interface SourcedObject {
  /** For people: `clusters/demo.yaml`, `overlays/prod`. */
  readonly where: string;
  /** The document (or list item) that holds it; undefined where there is none to copy, as with Helm. */
  readonly written: ObjectPlace | undefined;
  /** The name that it is written with; differs from the live name under a name prefix. */
  readonly writtenName: string;
  /** Helm has to render to know, so this may take a while: always `await` it. */
  field(path: FieldPath): FieldResult | Promise<FieldResult>;
  /** The index of the entry with that `name` in the list at `path`; undefined where there is none. What is applied may be in another order. */
  entry(path: FieldPath, name: string): number | undefined;
}

export type FieldResult =
  | {
      readonly kind: "found";
      /** The value in effect. */
      readonly value: string;
      /** The scalar to edit. */
      readonly place: Place;
      /** What the value passes on its way, for people: `patches[0] of overlays/prod/kustomization.yaml`. */
      readonly through: readonly string[];
      /** What to write at `place` to get that value in effect; undefined when it cannot be had there. Absent: the value as it is. */
      readonly write?: (value: string) => string | undefined;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A field whose value in effect is meant to change, or an object that is meant to appear or go. */
export type IntendedChange =
  | { readonly kind: "field"; readonly object: ObjectIdentity; readonly path: FieldPath; readonly before: string; readonly after: string }
  | {
      readonly kind: "object-added" | "object-removed";
      readonly object: ObjectIdentity;
      /** An added object is meant to come out as a copy of this one, but for its name and these fields. An overlay's patch may apply to only one of them. */
      readonly like?: { readonly object: ObjectIdentity; readonly set: readonly { readonly path: FieldPath; readonly after: string }[] };
    };
