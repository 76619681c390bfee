export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal of the API server, as `metav1.Status` tells it: HTTP code, reason and message are those of k8s.io/apimachinery/pkg/api/errors. */
export class ApiStatusError extends Error {
  override readonly name = "ApiStatusError";
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails;
  readonly #hasDetails: boolean;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details ?? {};
    this.#hasDetails = details !== undefined;
  }

  /** The body of the answer. Details are there when they were given, without those that are empty. */
  body(): Readonly<Record<string, unknown>> {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.#hasDetails ? { details: Object.fromEntries(Object.entries(this.details).filter(([, value]) => value !== "")) } : {}),
      code: this.code,
    };
  }
}

interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** `clusters.cluster.x-k8s.io`, `configmaps`. */
export function qualifiedResource({ group, plural }: Pick<Named, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** `Cluster.cluster.x-k8s.io`, `ConfigMap`. */
function qualifiedKind({ group, kind }: Pick<Named, "group" | "kind">): string {
  return group === "" ? kind : `${kind}.${group}`;
}

export function notFound(type: Named, name: string): ApiStatusError {
  return new ApiStatusError(404, "NotFound", `${qualifiedResource(type)} "${name}" not found`, {
    name,
    group: type.group,
    kind: type.plural,
  });
}

export function alreadyExists(type: Named, name: string): ApiStatusError {
  return new ApiStatusError(409, "AlreadyExists", `${qualifiedResource(type)} "${name}" already exists`, {
    name,
    group: type.group,
    kind: type.plural,
  });
}

export function conflict(type: Named, name: string, why: string): ApiStatusError {
  return new ApiStatusError(409, "Conflict", `Operation cannot be fulfilled on ${qualifiedResource(type)} "${name}": ${why}`, {
    name,
    group: type.group,
    kind: type.plural,
  });
}

/** 422: the object breaks rules of its schema or of a webhook. `causes[].message` is without the field, as Kubernetes has it. */
export function invalid(type: Named, name: string, causes: readonly StatusCause[]): ApiStatusError {
  const texts = causes.map(({ field, message }) => (field === undefined ? message : `${field}: ${message}`));
  const what = texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
  return new ApiStatusError(422, "Invalid", `${qualifiedKind(type)} "${name}" is invalid: ${what}`, {
    name,
    group: type.group,
    kind: type.kind,
    causes,
  });
}

export function badRequest(message: string): ApiStatusError {
  return new ApiStatusError(400, "BadRequest", message);
}

/** What a client sees when a webhook refuses: `admission webhook "W" denied the request: <message of `refusal`>`, with its code, reason and details. */
export function deniedByWebhook(webhook: string, refusal: ApiStatusError): ApiStatusError {
  return new ApiStatusError(
    refusal.code,
    refusal.reason,
    `admission webhook "${webhook}" denied the request: ${refusal.message}`,
    refusal.details,
  );
}
