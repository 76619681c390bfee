/** Gives out seeds so that those that begin in the same world go to the same thread, one after another. */
export interface SeedQueue {
  /** For one thread: the next seed for it at each call; undefined when there are none left. */
  taker(): () => number | undefined;
}

/** The largest worlds first. A thread that finds no world left that nobody has begun takes from the one with the most left, so that all end together. */
export function seedsByWorld(seeds: readonly number[], worldOf: (seed: number) => string): SeedQueue {
  const worlds = new Map<string, number[]>();
  for (const seed of seeds) {
    const world = worldOf(seed);
    const group = worlds.get(world);
    if (group === undefined) worlds.set(world, [seed]);
    else group.push(seed);
  }
  const waiting = [...worlds.values()].sort((one, other) => other.length - one.length);
  const begun: number[][] = [];

  function another(): number[] | undefined {
    const fresh = waiting.shift();
    if (fresh === undefined)
      return begun.reduce<number[] | undefined>((most, each) => (each.length > (most?.length ?? 0) ? each : most), undefined);
    begun.push(fresh);
    return fresh;
  }

  return {
    taker() {
      let own: number[] | undefined;
      return () => {
        if (own === undefined || own.length === 0) own = another();
        return own?.shift();
      };
    },
  };
}
