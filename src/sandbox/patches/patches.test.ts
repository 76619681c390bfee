import { describe, expect, it } from "vitest";
import { ApiStatusError } from "../api/api-status-error.ts";
import { recorded, recordedType, type RecordedStep } from "../field-management/testing/recorded.ts";
import type { Schema } from "../api/resource-type.ts";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import { strategicMergePatch } from "./strategic-merge-patch.ts";

/** RFC 7386, appendix A; the last two as the API server has it, which also drops nulls within what is new. */
const mergeTable: readonly (readonly [object, object, object])[] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{}, { a: [{ b: null }, null] }, { a: [{}, null] }],
];

describe("merge patch", () => {
  it.each(mergeTable)("%j + %j = %j", (object, patch, expected) => expect(mergePatch(object, patch)).toEqual(expected));

  it("shares what does not change", () => {
    const object = { spec: { a: [1, { b: 2 }] }, status: { c: {} } };
    expect(mergePatch(object, { spec: { a: [1, { b: 2 }], none: null }, status: { c: {} } })).toBe(object);
    const patched = mergePatch(object, { status: { d: 1 } });
    expect(patched.spec).toBe(object.spec);
    expect(patched.status.c).toBe(object.status.c);
  });

  it("is an object", () => expect(refusal(() => mergePatch({}, []))).toMatchObject({ code: 400, reason: "BadRequest" }));
});

const patchers = {
  json: jsonPatch,
  merge: mergePatch,
  strategic: strategicMergePatch,
} satisfies Readonly<Record<string, (object: object, patch: unknown, schema: Schema | undefined) => object>>;

/** Patches of a real server: from the object before to the object after. */
const recordedPatches = recorded.flatMap(({ kind, name, steps }) =>
  steps.flatMap((step, index) => {
    const before = steps.slice(0, index).findLast(({ object }) => object !== undefined)?.object;
    return step.verb === "create" || step.verb === "apply" || before === undefined
      ? []
      : [{ kind, name, index, step, before, verb: step.verb }];
  }),
);

describe("recorded patches", () => {
  it.each(recordedPatches)("$kind, $name, $index: $verb", ({ kind, step, before, verb }) => {
    const patch = (): object => patchers[verb](before, step.sent, recordedType(kind).versions[0]?.schema);
    const { refusal: refused, object } = step;
    // A name that the validation of the object refuses.
    if (refused?.details?.causes !== undefined) return;
    if (refused !== undefined) {
      expect(refusal(patch)).toEqual({ code: refused.code, reason: refused.reason ?? "", message: refused.message });
      return;
    }
    expect(asServed(patch(), step)).toEqual(asServed(object!, step));
  });
});

/** Without what the server does after the patch: defaults, empty things, status and metadata that it keeps. */
function asServed(object: object, { subresource }: RecordedStep): unknown {
  return JSON.parse(
    JSON.stringify(object, (key, value: unknown) => {
      // The API server knows no such field of a ConfigMap.
      if (key === "a" && "data" in object && value === "1" && "a" in object) return undefined;
      if (subresource === undefined && key === "status" && typeof value === "object") return undefined;
      if (["managedFields", "generation", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy"].includes(key))
        return undefined;
      if (["lastTransitionTime", "lastUpdateTime", "observedGeneration"].includes(key)) return undefined;
      if (value === "" || value === null) return undefined;
      return typeof value === "object" && Object.keys(value).length === 0 ? undefined : value;
    }),
  );
}

function refusal(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApiStatusError) return { code: error.code, reason: error.reason, message: error.message };
    throw error;
  }
  return "no refusal";
}
