import type { Difference } from "./compare.ts";

/**
 * Whether a run on a busy machine may differ from the recorded ones in this: nothing of it is Cluster API's choice, only who came first. The sandbox is held to the
 * recorded values themselves (test/unit/sandbox-fidelity.test.ts).
 */
export function isMatterOfSpeed(difference: Difference): boolean {
  return isPassing(difference) || isReordered(difference) || isQuicker(difference);
}

/** Which states are seen on the way is a matter of who is quicker; what comes of it is not. */
export function isPassing({ what }: Pick<Difference, "what">): boolean {
  return / (conditions|messages)$|: fewest Ready$|^order of owners$/.test(what);
}

/**
 * The same machines come and go, but a deletion and a creation that are due in the same moment in the other order, or one machine just before a write of the scenario
 * instead of just after it; and whatever it took to come up, the same machines are there when the first step is taken.
 */
function isReordered({ what, real, simulated }: Difference): boolean {
  return what.endsWith(": machines") && simulated.every((one) => real.some((other) => areNear(partsOf(one), partsOf(other))));
}

/** What is there when the first step is taken, then what comes and goes between one step and the next. */
function partsOf(machines: string): readonly (readonly string[])[] {
  const [setup = [], ...steps] = machines.split("|").map((part) => part.split(" ").filter((one) => one !== ""));
  return [present(setup), ...steps];
}

function present(events: readonly string[]): readonly string[] {
  const there = events.filter((one) => one.startsWith("+"));
  for (const gone of events.filter((one) => one.startsWith("-"))) there.splice(there.indexOf(`+${gone.slice(1)}`), 1);
  return there.toSorted();
}

function areNear(one: readonly (readonly string[])[], other: readonly (readonly string[])[]): boolean {
  if (one[0]?.join(" ") !== other[0]?.join(" ")) return false;
  const places = placesOf(one);
  const others = placesOf(other);
  if ([...places.keys()].toSorted().join(" ") !== [...others.keys()].toSorted().join(" ")) return false;
  const moves = [...places].map(([event, at]) => Math.abs(at - (others.get(event) ?? Number.POSITIVE_INFINITY)));
  // What crosses two writes, or more than one thing that crosses one, is not a matter of a moment.
  return moves.every((by) => by <= 1) && moves.filter((by) => by === 1).length <= 1;
}

/** Between which steps the first, second… of the same events is. */
function placesOf(parts: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const [at, events] of parts.entries()) {
    for (const event of events) {
      const count = (counts.get(event) ?? 0) + 1;
      counts.set(event, count);
      places.set(`${event} ${count}`, at);
    }
  }
  return places;
}

/** How long a machine that leaves is still there, beside how many that come: never more that stay than were recorded, and at most one more with those that leave. */
function isQuicker({ what, real, simulated }: Difference): boolean {
  const most = Math.max(...real.map(Number));
  if (what.endsWith(": most machines that stay")) return simulated.every((one) => Number(one) <= most);
  return what.endsWith(": most machines") && simulated.every((one) => Number(one) <= most + 1);
}
