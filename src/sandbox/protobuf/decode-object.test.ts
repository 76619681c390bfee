import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeObject } from "./decode-object.ts";

interface Recorded {
  readonly json: { readonly apiVersion: string; readonly kind: string };
  readonly protobuf: string;
}

const recorded = readFileSync(new URL("testing/recorded.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** kubectl 1.36 `create namespace demo` sent this. */
const createNamespace = Buffer.concat([
  Buffer.from("k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12", "latin1"),
  Buffer.from("\x18\x0a\x12\x0a\x04demo\x12\x00\x1a\x00\x22\x00\x2a\x00\x32\x00\x38\x00\x12\x00\x1a\x00", "latin1"),
]);

describe("objects in protobuf", () => {
  it.each(recorded.map((each) => [`${each.json.apiVersion} ${each.json.kind}`, each] as const))(
    "tells %s as a real kube-apiserver does in JSON",
    (_title, { json, protobuf }) => {
      expect(decodeObject(Buffer.from(protobuf, "base64"))).toEqual(json);
    },
  );

  it("leaves out what a client did not say", () => {
    expect(decodeObject(createNamespace)).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "demo" },
      spec: {},
      status: {},
    });
  });

  it("knows what it does not know", () => {
    const unknown = Buffer.from("k8s\0\x0a\x10\x0a\x05x.y/z\x12\x07Nothing", "latin1");
    expect(decodeObject(unknown)).toBeUndefined();
    expect(() => decodeObject(Buffer.from("{}"))).toThrow("expected prefix [107 56 115 0]");
    expect(() => decodeObject(createNamespace.subarray(0, -5))).toThrow("unexpected end of the message");
  });
});
