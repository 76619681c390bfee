interface ParsedVersion {
  readonly numbers: readonly number[];
  readonly preRelease: readonly string[];
}

const pattern = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

function parse(version: string): ParsedVersion | undefined {
  const match = pattern.exec(version);
  if (match === null) return undefined;
  return { numbers: [1, 2, 3].map((index) => Number(match[index] ?? 0)), preRelease: match[4]?.split(".") ?? [] };
}

/** Is it this minor or a newer one? Pre-releases count as their release. */
export function isAtLeastMinor(version: string, minor: number): boolean {
  const parsed = parse(version);
  return parsed !== undefined && (parsed.numbers[0]! > 1 || (parsed.numbers[0] === 1 && parsed.numbers[1]! >= minor));
}

/** Older first by semver; what is no version comes last, by text. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [parse(one), parse(other)];
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined) || compareTexts(one, other);
  for (const index of [0, 1, 2]) {
    if (left.numbers[index] !== right.numbers[index]) return left.numbers[index]! - right.numbers[index]!;
  }
  return comparePreReleases(left.preRelease, right.preRelease) || compareTexts(one, other);
}

/** A release is newer than its pre-releases; numbers compare as numbers and are older than texts (https://semver.org/#spec-item-11). */
function comparePreReleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length;
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const [left, right] = [one[index]!, other[index]!];
    const areNumbers = [/^\d+$/.test(left), /^\d+$/.test(right)];
    const difference =
      areNumbers[0] && areNumbers[1]
        ? Number(left) - Number(right)
        : Number(areNumbers[1]) - Number(areNumbers[0]) || compareTexts(left, right);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
