import { clipped, timeText } from "./bounded-text.ts";

/** What people said to a ClusterUpgrade by command: its spec tells what holds, this tells who said it. */
export interface Said {
  /** `approved the workers`. */
  readonly what: string;
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export const SAID_ANNOTATION = "upgrades.clusterapi-gitops.io/said";

/** The newest that are kept. */
const kept = 20;

/** What the annotation tells; anybody may have written it, so what cannot be read is left out. */
export function readSaid(annotation: string | undefined): readonly Said[] {
  if (annotation === undefined) return [];
  let entries: unknown;
  try {
    entries = JSON.parse(annotation);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    const { what, by, at } = (typeof entry === "object" && entry !== null ? entry : {}) as Readonly<Record<string, unknown>>;
    const time = typeof at === "string" ? Date.parse(at) : Number.NaN;
    return typeof what === "string" && typeof by === "string" && !Number.isNaN(time) ? [{ what, by, at: time }] : [];
  });
}

/** The annotation with one more entry. */
export function saidAnnotation(before: string | undefined, { what, by, at }: Said): string {
  const entries = [...readSaid(before), { what: clipped(what, 200), by: clipped(by, 200), at }].slice(-kept);
  return JSON.stringify(entries.map((entry) => ({ what: entry.what, by: entry.by, at: timeText(entry.at) })));
}
