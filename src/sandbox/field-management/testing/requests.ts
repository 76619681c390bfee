import type { JsonMap } from "../../store/stored-object.ts";

/** One request to a real API server. `body` is the object, or the patch; `name`, `apiVersion` and `kind` are added to objects that are applied or created. */
export interface RecordedRequest {
  readonly verb: "create" | "merge" | "json" | "strategic" | "apply";
  readonly manager: string;
  readonly force?: boolean;
  readonly subresource?: "status";
  readonly body: unknown;
}

export interface Scenario {
  readonly name: string;
  readonly kind: string;
  readonly requests: readonly RecordedRequest[];
}

export const create = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "create", manager, body });
export const merge = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "merge", manager, body });
export const status = (manager: string, value: JsonMap): RecordedRequest => ({
  verb: "merge",
  manager,
  subresource: "status",
  body: { status: value },
});
export const apply = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "apply", manager, force: false, body });
export const force = (manager: string, body: JsonMap): RecordedRequest => ({ ...apply(manager, body), force: true });
export const applyStatus = (manager: string, value: JsonMap): RecordedRequest => ({
  ...apply(manager, { status: value }),
  subresource: "status",
});
export const json = (manager: string, ...body: readonly JsonMap[]): RecordedRequest => ({ verb: "json", manager, body });
export const strategic = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "strategic", manager, body });

export const container = (name: string, image: string, more: JsonMap = {}): JsonMap => ({ name, image, ...more });
export const deployment = (containers: readonly JsonMap[], more: JsonMap = {}): JsonMap => ({
  spec: {
    selector: { matchLabels: { app: "a" } },
    template: { metadata: { labels: { app: "a" } }, spec: { containers } },
    ...more,
  },
});
export const port = (containerPort: number, more: JsonMap = {}): JsonMap => ({ containerPort, protocol: "TCP", ...more });
