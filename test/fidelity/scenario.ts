import type { Kind } from "./target.ts";
import type { State } from "./state.ts";

/** An object's name, or how to find it among those there are. */
export type Name = string | ((state: State) => string);

export interface Predicate {
  readonly name: string;
  readonly holds: (state: State) => boolean;
}

export type Step =
  | { readonly do: "apply"; readonly objects: readonly Manifest[] }
  | { readonly do: "patch"; readonly kind: Kind; readonly name: Name; readonly body: unknown }
  | { readonly do: "delete"; readonly kind: Kind; readonly name: Name }
  /** The Node of a machine, in the workload cluster. */
  | { readonly do: "delete-node"; readonly machine: Name }
  /** A write that the server does not accept; its words are part of the history. */
  | { readonly do: "refused"; readonly write: RefusedWrite }
  | { readonly do: "until"; readonly predicate: Predicate }
  /** Nothing is done: what happens, or does not, in that time is part of the history. */
  | { readonly do: "wait"; readonly seconds: number };

export type RefusedWrite =
  | { readonly do: "apply"; readonly objects: readonly Manifest[] }
  | { readonly do: "patch"; readonly kind: Kind; readonly name: Name; readonly body: unknown };

/** An object to apply; its namespace is the scenario's. */
export interface Manifest {
  readonly kind: Kind;
  readonly name: string;
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: unknown;
}

/** What is done to a management cluster, and awaited of it. Setup is not counted in the extremes of the history. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Each machine carries its number in the order of creation: only where Cluster API has no choice which one it takes. */
  readonly numbered?: boolean;
  readonly setup: readonly Manifest[];
  readonly steps: readonly Step[];
}
