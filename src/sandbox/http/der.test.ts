import { describe, expect, it } from "vitest";
import { bitString, boolean, context, integer, objectIdentifier, octetString, sequence, setOf, time, utf8String } from "./der.ts";

describe("DER", () => {
  it.each<[string, Buffer, string]>([
    ["an integer", integer(2), "020102"],
    ["true", boolean(true), "0101ff"],
    ["false", boolean(false), "010100"],
    // X.690 8.19.5: {2 999 3} is 0x88 0x37 0x03; here the arcs of RFC 5480 and RFC 5280.
    ["ecdsa-with-SHA256", objectIdentifier("1.2.840.10045.4.3.2"), "06082a8648ce3d040302"],
    ["commonName", objectIdentifier("2.5.4.3"), "0603550403"],
    ["a text", utf8String("ä"), "0c02c3a4"],
    ["octets", octetString(Buffer.from([1, 2])), "04020102"],
    ["bits", bitString(Buffer.from([4]), 2), "03020204"],
    ["a sequence", sequence(integer(1), integer(2)), "3006020101020102"],
    ["a set", setOf(integer(1)), "3103020101"],
    ["a value with a tag of its place", context(3, integer(1), true), "a303020101"],
    ["a tag instead of another", context(2, Buffer.from("a"), false), "820161"],
    ["127 bytes", octetString(Buffer.alloc(127)).subarray(0, 2), "047f"],
    ["128 bytes", octetString(Buffer.alloc(128)).subarray(0, 3), "048180"],
    ["256 bytes", octetString(Buffer.alloc(256)).subarray(0, 4), "04820100"],
  ])("%s", (_, value, hex) => {
    expect(value.toString("hex")).toBe(hex);
  });

  it.each([
    ["2027-03-04T05:06:07.890Z", "170d", "270304050607Z"],
    ["2049-12-31T23:59:59Z", "170d", "491231235959Z"],
    ["2050-01-01T00:00:00Z", "180f", "20500101000000Z"],
  ])("a time: %s", (text, head, content) => {
    const value = time(Date.parse(text));
    expect(value.subarray(0, 2).toString("hex")).toBe(head);
    expect(value.subarray(2).toString()).toBe(content);
  });

  it.each([-1, 128])("refuses the integer %d", (value) => {
    expect(() => integer(value)).toThrow("does not fit");
  });
});
