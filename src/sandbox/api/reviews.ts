import { timestamp } from "./objects.ts";
import type { ApiRequest, ApiResponse } from "./api-request.ts";
import { methodNotAllowed } from "./refusals.ts";
import type { ObjectsPath } from "./target.ts";

/** Groups whose kinds are only asked, never stored. */
export function isReview({ group }: { readonly group: string }): boolean {
  return group === "authorization.k8s.io" || group === "authentication.k8s.io";
}

/** Everybody who gets here may do everything. */
export function answerReview({ method, body, user = "sandbox" }: ApiRequest, path: ObjectsPath, now: number): ApiResponse {
  if (method !== "POST") throw methodNotAllowed();
  const given = (body ?? {}) as { readonly metadata?: object };
  const metadata = given.metadata ?? {};
  const groups = ["system:masters", "system:authenticated"];
  switch (path.plural) {
    case "selfsubjectreviews": {
      const kept = { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1" };
      const created = { ...metadata, creationTimestamp: timestamp(now) };
      return { status: 201, body: { ...kept, metadata: created, status: { userInfo: { username: user, groups } } } };
    }
    case "selfsubjectrulesreviews": {
      const resourceRules = [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }];
      const nonResourceRules = [{ verbs: ["*"], nonResourceURLs: ["*"] }];
      return { status: 201, body: { ...given, metadata, status: { resourceRules, nonResourceRules, incomplete: false } } };
    }
    default:
      return { status: 201, body: { ...given, metadata, status: { allowed: true } } };
  }
}
