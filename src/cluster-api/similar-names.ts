interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** What a person who typed `wanted` may have meant, best guess first: the same name elsewhere, then names that are close. At most five. */
export function similarNames(wanted: Named, known: readonly Named[]): readonly string[] {
  return known
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate) }))
    .filter(({ distance }) => distance <= Math.max(2, Math.floor(wanted.name.length / 4)))
    .sort((a, b) => a.distance - b.distance || compare(keyOf(a.candidate), keyOf(b.candidate)))
    .slice(0, 5)
    .map(({ candidate }) => keyOf(candidate));
}

/** One name within the other counts as close; another namespace as half an edit, so that the own namespace comes first. */
function distanceTo(wanted: Named, candidate: Named): number {
  const elsewhere = candidate.namespace === wanted.namespace ? 0 : 0.5;
  const within = candidate.name.includes(wanted.name) || wanted.name.includes(candidate.name);
  const distance = editDistance(wanted.name, candidate.name);
  return (within ? Math.min(1, distance) : distance) + elsewhere;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function keyOf({ namespace, name }: Named): string {
  return `${namespace}/${name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
