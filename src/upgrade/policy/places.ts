import { isEnd } from "../attempt/attempt-phases.ts";
import type { AttemptPhase } from "../attempt/attempt-types.ts";
import type { KnownAttempt } from "./known-attempt.ts";
import type { UpgradePolicy } from "./upgrade-policy.ts";

/**
 * A place is the leave to change something, of which a policy gives at most `maxConcurrent` at a time. One decider gives them (whoever leads policies), on the attempt itself; nothing takes them
 * back but the attempt's end. An attempt without one asks for it when nothing else but its window is in its way, and writes nothing before it has it (docs/adr/0013).
 */

/** What a place is that was given with the attempt's making. */
export const placeAtMaking = "made";

/** What a place says that is given to an attempt which has asked since then (epoch milliseconds), if it has. A run that begins anew asks anew, so that what it was given before means nothing. */
export function placeFor(askedAt: number | undefined): string {
  return askedAt === undefined ? placeAtMaking : new Date(askedAt).toISOString();
}

/** Open attempts of the policy that have a place. */
export function placesOf<Attempt extends Pick<KnownAttempt, "policyName" | "phase" | "place">>(
  policyName: string,
  attempts: readonly Attempt[],
): readonly Attempt[] {
  return attempts.filter((attempt) => attempt.policyName === policyName && attempt.place && !isEnd(attempt.phase));
}

export interface PlacesInput {
  readonly policies: readonly UpgradePolicy[];
  /** Names of policies that are there, and say nothing that can be read: how many they allow is not known. */
  readonly unreadable: ReadonlySet<string>;
  readonly attempts: readonly KnownAttempt[];
}

/** Who is given a place now: those that have begun, then whoever has asked for longest, then by name. Of a policy that is gone nothing limits an attempt any more. */
export function placesToGive({ policies, unreadable, attempts }: PlacesInput): readonly KnownAttempt[] {
  const limits = new Map(policies.map(({ name, maxConcurrent = Infinity }) => [name, maxConcurrent]));
  const asking = new Map<string, KnownAttempt[]>();
  for (const attempt of attempts) {
    const { policyName, place, askedAt, phase } = attempt;
    if (policyName === undefined || place || askedAt === undefined || isEnd(phase) || unreadable.has(policyName)) continue;
    asking.set(policyName, [...(asking.get(policyName) ?? []), attempt]);
  }
  return [...asking].flatMap(([policyName, waiting]) => {
    const free = (limits.get(policyName) ?? Infinity) - placesOf(policyName, attempts).length;
    return waiting.sort(inOrder).slice(0, Math.max(0, free));
  });
}

function inOrder(one: KnownAttempt, other: KnownAttempt): number {
  return Number(other.begun) - Number(one.begun) || (one.askedAt ?? 0) - (other.askedAt ?? 0) || byName(one, other);
}

function byName(one: Pick<KnownAttempt, "namespace" | "name">, other: Pick<KnownAttempt, "namespace" | "name">): number {
  return compare(one.namespace, other.namespace) || compare(one.name, other.name);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Who has the places, where nothing rolls in them and a person could free them: else one that somebody keeps from going on holds up all others, and nobody knows. */
export function placesTaken(
  { name, maxConcurrent }: Pick<UpgradePolicy, "name" | "maxConcurrent">,
  places: readonly Pick<KnownAttempt, "namespace" | "name" | "clusterName" | "phase" | "begun">[],
): string {
  const waiting = places
    .flatMap((place) => {
      const verb = place.begun ? undefined : ANSWERS.get(place.phase);
      return verb === undefined ? [] : [{ ...place, ...verb }];
    })
    .sort(byName);
  const taken = `${places.length} of at most ${maxConcurrent ?? "any"} ${maxConcurrent === 1 ? "cluster" : "clusters"} of policy ${name} are under way`;
  if (waiting.length === 0) return `${taken}.`;
  const told = waiting.slice(0, MOST_TOLD).map(({ namespace, name: upgrade, waits }) => `${namespace}/${upgrade} ${waits}`);
  const more = waiting.length > MOST_TOLD ? [`${waiting.length - MOST_TOLD} more wait for people`] : [];
  const [{ namespace, clusterName, answer }] = waiting as [(typeof waiting)[number]];
  return `${taken}, and keep their places while they wait: ${[...told, ...more].join(", ")}. \`capi-gitops ${answer} ${clusterName} -n ${namespace}\` lets it go on, \`cancel\` gives its place to the next.`;
}

const MOST_TOLD = 3;

/** What waits for a person before anything was written, and what the person types. */
const ANSWERS: ReadonlyMap<AttemptPhase | undefined, { readonly waits: string; readonly answer: string }> = new Map<
  AttemptPhase,
  { readonly waits: string; readonly answer: string }
>([
  ["waiting-for-approval", { waits: "waits for approval", answer: "approve" }],
  ["paused", { waits: "is paused", answer: "resume" }],
]);

/** Names, and how many more there are: `a, b, c and 4 more`; undefined: nobody. */
export function holdersInWords(holders: readonly Pick<KnownAttempt, "namespace" | "name">[]): string | undefined {
  if (holders.length === 0) return undefined;
  const names = [...holders].sort(byName).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = names.length > MOST_TOLD ? ` and ${names.length - MOST_TOLD} more` : "";
  return `${names.slice(0, MOST_TOLD).join(", ")}${more}`;
}
