/** How a value is written in one version and the other. Undefined: the field is left out. */
export interface Codec {
  readonly toNew: (value: unknown) => unknown;
  readonly toOld: (value: unknown, context: MoveContext) => unknown;
}

export interface MoveContext {
  /** Of the object that is converted. */
  readonly namespace: string | undefined;
}

/** Where a field is in v1beta1, where in v1beta2. Dots part the fields. */
export type Move = readonly [old: string, new_: string, codec?: Codec];

/** Moves within one place of an object; `[]` in the path stands for each item of a list. */
export interface PlaceMoves {
  readonly at: string;
  readonly moves: readonly Move[];
}

export type Draft = Record<string, unknown>;

/** Carries fields over, within a draft that nobody else has. Fields that no move names stay where they are. */
export function carry(draft: Draft, places: readonly PlaceMoves[], direction: "to-new" | "to-old", context: MoveContext): void {
  for (const { at, moves } of places) {
    for (const container of containersAt(draft, at === "" ? [] : at.split("."))) {
      // All are taken out before any is put in: where one field comes from, another may go to.
      const taken = moves.map(([old, new_, codec]) => {
        const value = take(container, (direction === "to-new" ? old : new_).split("."));
        if (value === undefined || codec === undefined) return value;
        return direction === "to-new" ? codec.toNew(value) : codec.toOld(value, context);
      });
      moves.forEach(([old, new_], index) => {
        if (taken[index] !== undefined) put(container, (direction === "to-new" ? new_ : old).split("."), taken[index]);
      });
    }
  }
}

function* containersAt(draft: unknown, [step, ...rest]: readonly string[]): Generator<Draft> {
  if (!isDraft(draft)) return;
  if (step === undefined) {
    yield draft;
    return;
  }
  if (!step.endsWith("[]")) {
    yield* containersAt(draft[step], rest);
    return;
  }
  const items = draft[step.slice(0, -2)];
  if (Array.isArray(items)) for (const item of items) yield* containersAt(item, rest);
}

/** Removes the field, and what is empty above it then. */
function take(container: Draft, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return undefined;
  if (rest.length === 0) {
    const value = container[step];
    delete container[step];
    return value;
  }
  const inner = container[step];
  if (!isDraft(inner)) return undefined;
  const value = take(inner, rest);
  if (value !== undefined && Object.keys(inner).length === 0) delete container[step];
  return value;
}

function put(container: Draft, [step, ...rest]: readonly string[], value: unknown): void {
  if (step === undefined) return;
  if (rest.length === 0) {
    container[step] = value;
    return;
  }
  const inner = container[step];
  const next = isDraft(inner) ? inner : {};
  container[step] = next;
  put(next, rest, value);
}

export function isDraft(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
