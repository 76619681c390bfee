/** One field of a message as it stands on the wire. Of varints and fixed numbers `number` is set, of all else `bytes`. */
export interface WireField {
  readonly field: number;
  readonly number: bigint;
  readonly bytes: Buffer;
}

const empty = Buffer.alloc(0);

/** The fields of a protobuf message, in their order (https://protobuf.dev/programming-guides/encoding). Throws for what is none. */
export function* wireFields(message: Buffer): Generator<WireField> {
  let at = 0;
  while (at < message.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { field, number: varint(), bytes: empty };
        break;
      case 1:
        yield { field, number: 0n, bytes: take(8) };
        break;
      case 2:
        yield { field, number: 0n, bytes: take(Number(varint())) };
        break;
      case 5:
        yield { field, number: 0n, bytes: take(4) };
        break;
      default:
        throw new Error(`wire type ${tag & 7} is not known`);
    }
  }

  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("unexpected end of the message");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
  }

  function take(length: number): Buffer {
    if (at + length > message.length) throw new Error("unexpected end of the message");
    at += length;
    return message.subarray(at - length, at);
  }
}
