/** Random numbers that a seed decides: every delay, order and fault of a sandbox comes from here. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** Whole number, 0 ≤ x < limit. */
  below(limit: number): number;
  /** True in `share` of the cases. */
  chance(share: number): boolean;
  /** Letters and digits as Kubernetes appends to `generateName` (apimachinery util/rand: no vowels, nothing that looks like another). */
  suffix(length: number): string;
  uuid(): string;
  /** Another source, decided by this seed and the name: what one part of the sandbox draws does not shift what another draws. */
  fork(name: string): Random;
}

const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** Signs of a random UUID that are always the same, by their place (RFC 9562, version 4). */
const uuidSigns: Readonly<Record<number, string>> = { 8: "-", 13: "-", 14: "4", 18: "-", 23: "-" };

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  // One text, not a chain of pieces, which V8 would keep as such: a world has thousands of these.
  const joined = (length: number, digit: (index: number) => string): string => {
    const digits: string[] = [];
    for (let index = 0; index < length; index += 1) digits.push(digit(index));
    return digits.join("");
  };
  const hexDigit = (): string => "0123456789abcdef"[below(16)]!;
  return {
    next,
    below,
    chance: (share) => next() < share,
    suffix: (length) => joined(length, () => suffixAlphabet[below(suffixAlphabet.length)]!),
    uuid: () => joined(36, (index) => uuidSigns[index] ?? (index === 19 ? "89ab"[below(4)]! : hexDigit())),
    fork: (name) => createRandom(hash(`${seed}/${name}`)),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
