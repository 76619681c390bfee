/** Names of Kubernetes objects: RFC 1123 subdomains, up to 253 characters; ours stay short enough to be a label's value too. */
const LONGEST = 63;

/**
 * The name of an attempt: `demo-v1.35.2`, and `demo-v1.35.2-2` where there was one of that name before. The same for the same cluster, target and past, so that two who decide at once make one object.
 */
export function attemptName(clusterName: string, target: string, taken: ReadonlySet<string>): string {
  // `+` of build metadata is none of the letters that a name may have.
  const version = target.toLowerCase().replaceAll(/[^a-z0-9.-]/g, "-");
  for (let number = 1; ; number++) {
    const suffix = `-${version}${number === 1 ? "" : `-${number}`}`;
    const room = Math.max(1, LONGEST - suffix.length);
    const name = `${shortened(clusterName, room)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/** Two long names that begin alike stay two: the end of a shortened one is a checksum of the whole. */
function shortened(name: string, room: number): string {
  if (name.length <= room) return name;
  const checksum = Array.from(name)
    .reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
    .toString(36);
  return `${name.slice(0, Math.max(1, room - checksum.length - 1)).replace(/[-.]+$/, "")}-${checksum}`;
}
