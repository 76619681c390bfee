import { describe, expect, it } from "vitest";
import { ApiStatusError, type StatusCause, type StatusDetails } from "../api/api-status-error.ts";
import type { GivenObject, ManagedFieldsEntry, StoredObject } from "../store/stored-object.ts";
import { createFieldManagement } from "./field-management.ts";
import { recorded, recordedType, stepTime, type RecordedStep } from "./testing/recorded.ts";

/** Each step starts from what the real server had before it, and is compared with what it had after it. */
describe.each(recorded)("$kind: $name", ({ kind, steps }) => {
  const type = recordedType(kind);
  const states = statesBefore(steps);

  it.each(steps.map((step, index) => ({ index, step, text: `${index}: ${step.verb} by ${step.manager}` })))("$text", ({ index, step }) => {
    const management = createFieldManagement();
    const live = states[index];
    const { manager, subresource, object, refusal } = step;
    const who = { type, manager, version: type.storageVersion, subresource, time: stepTime(index) } as const;
    if (step.verb !== "apply") {
      if (object === undefined) return;
      const sent = (step.sent["metadata"] as GivenObject["metadata"])?.managedFields;
      const after = withManagedFields(object, sent ?? live?.metadata.managedFields);
      const entries = management.afterUpdate({ ...who, before: live, after });
      expect(entries).toEqual(object.metadata.managedFields ?? []);
      expect(setTexts(entries)).toEqual(setTexts(object.metadata.managedFields ?? []));
      return;
    }
    const apply = (): GivenObject => management.apply({ ...who, live, applied: step.sent, force: step.force === true });
    // Refusals of the schema come later, and elsewhere.
    if (refusal?.code === 422) return;
    if (refusal !== undefined) {
      expect(refusalOf(apply)).toEqual({
        code: refusal.code,
        reason: refusal.reason ?? "",
        message: refusal.message,
        details: inOrder(refusal.details ?? {}),
      });
      return;
    }
    const result = apply();
    expect(result.metadata?.managedFields ?? []).toEqual(object?.metadata.managedFields ?? []);
    // The rest is as answered, but for what the server and its defaults add.
    if (live === undefined) expect(object).toMatchObject(step.sent);
    else if (kind === "Deployment") expect(comparable(object!, subresource)).toMatchObject(comparable(result, subresource));
    else expect(comparable(result, subresource)).toEqual(comparable(object!, subresource));
  });
});

function statesBefore(steps: readonly RecordedStep[]): readonly (StoredObject | undefined)[] {
  let state: StoredObject | undefined;
  return steps.map(({ object }) => {
    const before = state;
    state = object ?? state;
    return before;
  });
}

/** With the order of the fields in them. */
function setTexts(entries: readonly ManagedFieldsEntry[]): readonly string[] {
  return entries.map(({ fieldsV1 }) => JSON.stringify(fieldsV1));
}

function withManagedFields(object: StoredObject, managedFields: StoredObject["metadata"]["managedFields"]): StoredObject {
  const { managedFields: _kept, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
}

function comparable(object: GivenObject, subresource: "status" | undefined): object {
  const { managedFields: _managed, generation: _generation, ...metadata } = object.metadata ?? {};
  const { status, ...rest } = object;
  // An object without its last key is no object at all in what the server answers.
  return JSON.parse(
    JSON.stringify(subresource === "status" ? { ...rest, status, metadata } : { ...rest, metadata }, (_key, value: unknown) =>
      typeof value === "object" && value !== null && Object.keys(value).length === 0 ? undefined : value,
    ),
  ) as object;
}

function refusalOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApiStatusError)
      return { code: error.code, reason: error.reason, message: error.message, details: inOrder(error.details) };
    throw error;
  }
  return "no refusal";
}

/** The real server names managers in no order among the causes. */
function inOrder(details: StatusDetails): StatusDetails {
  const text = ({ message, field }: StatusCause): string => `${message} ${field}`;
  return details.causes === undefined
    ? details
    : { ...details, causes: [...details.causes].sort((one, other) => (text(one) < text(other) ? -1 : 1)) };
}
