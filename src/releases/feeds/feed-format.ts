import type { Release } from "../../upgrade/policy/release.ts";

/** How a feed writes what it knows. */
export interface FeedFormat {
  /** The `Accept` header. */
  readonly mediaType: string;
  /** Permissive: only the fields that are used, and entries that cannot be read are left out. Throws when the whole is of another form. */
  decode(text: string): readonly Release[];
}
