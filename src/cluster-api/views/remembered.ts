import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import type { GapReport, RawObject } from "./fields.ts";

/** Of each kind, so many to twice as many views are remembered: more than one cluster has machines. */
const mostViews = 5_000;

/**
 * A reader that looks at each object once, for as long as somebody keeps the object: a cache gives the very same objects for every snapshot, and nobody changes what the API server gave. What could
 * not be understood is reported each time. Of many objects those that were asked for last are remembered: the views of a whole fleet would take as much memory as the fleet.
 */
export function remembered<View>(
  read: (object: RawObject, report: GapReport) => View,
  most = mostViews,
): (object: RawObject, report: GapReport) => View {
  interface Reading {
    readonly view: View;
    readonly gaps: readonly SnapshotGap[];
  }
  /** What is not asked for while as many others are is forgotten. */
  let [recent, former] = [new WeakMap<RawObject, Reading>(), new WeakMap<RawObject, Reading>()];
  let count = 0;

  function look(object: RawObject): Reading {
    const gaps: SnapshotGap[] = [];
    const view = read(object, (gap) => gaps.push(gap));
    return { view, gaps };
  }

  return (object, report) => {
    let reading = recent.get(object);
    if (reading === undefined) {
      reading = former.get(object) ?? look(object);
      if (count === most) {
        [recent, former] = [new WeakMap(), recent];
        count = 0;
      }
      recent.set(object, reading);
      count += 1;
    }
    for (const gap of reading.gaps) report(gap);
    return reading.view;
  };
}
