import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import type { GapReport, RawObject } from "./fields.ts";

/**
 * A reader that looks at each object once, for as long as somebody keeps the object: a cache gives the very same objects for every snapshot, and nobody changes what the API server gave. What could
 * not be understood is reported each time.
 */
export function remembered<View>(read: (object: RawObject, report: GapReport) => View): (object: RawObject, report: GapReport) => View {
  const known = new WeakMap<RawObject, { readonly view: View; readonly gaps: readonly SnapshotGap[] }>();
  return (object, report) => {
    let reading = known.get(object);
    if (reading === undefined) {
      const gaps: SnapshotGap[] = [];
      const view = read(object, (gap) => gaps.push(gap));
      reading = { view, gaps };
      known.set(object, reading);
    }
    for (const gap of reading.gaps) report(gap);
    return reading.view;
  };
}
