/** A value in DER (ITU-T X.690): tag, length, content. */
export type Der = Buffer;

function tagged(tag: number, content: Buffer): Der {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 0x100)) bytes.unshift(rest % 0x100);
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

export function sequence(...parts: readonly Der[]): Der {
  return tagged(0x30, Buffer.concat(parts));
}

/** Of one element: those of several are in order of their bytes. */
export function setOf(part: Der): Der {
  return tagged(0x31, part);
}

export function integer(value: number): Der {
  if (value < 0 || value > 0x7f) throw new Error(`integer: ${value} does not fit into a byte`);
  return tagged(0x02, Buffer.from([value]));
}

export function boolean(value: boolean): Der {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

/** `2.5.4.3` */
export function objectIdentifier(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 0x80); left > 0; left = Math.floor(left / 0x80)) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from(bytes));
}

export function utf8String(text: string): Der {
  return tagged(0x0c, Buffer.from(text));
}

export function octetString(content: Buffer): Der {
  return tagged(0x04, content);
}

export function bitString(content: Buffer, unusedBits = 0): Der {
  return tagged(0x03, Buffer.concat([Buffer.from([unusedBits]), content]));
}

/** `[number]` around a value, or in the place of its tag. */
export function context(number: number, content: Buffer, constructed: boolean): Der {
  return tagged(0x80 | (constructed ? 0x20 : 0) | number, content);
}

/** As RFC 5280 4.1.2.5 wants it: two digits of the year until 2049. Milliseconds since the epoch. */
export function time(at: number): Der {
  const text = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return text < "2050" ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));
}
