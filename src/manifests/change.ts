import type { ObjectIdentity } from "./object-identity.ts";

/** From an object's root: keys of maps and indices of lists. */
export type FieldPath = readonly (string | number)[];

/** One intended change of what manifests declare. All changes of one call happen together, or none does. */
export type ManifestChange =
  | {
      readonly kind: "set-scalar";
      readonly object: ObjectIdentity;
      readonly path: FieldPath;
      /** What the manifest must say now; anything else than this or `to` is refused. */
      readonly from?: string;
      readonly to: string;
    }
  | {
      /** Machine templates are immutable: a copy with some fields changed, named for its content, takes the place of the old one, which stays. */
      readonly kind: "rotate-template";
      readonly template: ObjectIdentity;
      /** The new name is this, a dash and eight hexadecimal digits. */
      readonly newNamePrefix: string;
      readonly set: readonly { readonly path: FieldPath; readonly from: string; readonly to: string }[];
      /** Fields that name the old template and must name the new one. */
      readonly repoint: readonly { readonly object: ObjectIdentity; readonly path: FieldPath }[];
    }
  /** Takes out an object that no other manifest refers to any more. */
  | { readonly kind: "delete-object"; readonly object: ObjectIdentity };

export interface EditOptions {
  /** Look only below this folder. What a Kustomization there takes from elsewhere is still followed. */
  readonly directory?: string;
}
