import { jsonPatch } from "../patches/json-patch.ts";
import { mergePatch } from "../patches/merge-patch.ts";
import { strategicMergePatch } from "../patches/strategic-merge-patch.ts";
import { ApiStatusError } from "./api-status-error.ts";
import { isCustomResource } from "./refusals.ts";
import type { ResourceType } from "./resource-type.ts";

/** The object after a patch of one of the three kinds (apply is another matter). Throws 415 for others, and for strategic patches of custom resources. */
export function patched(contentType: string, type: ResourceType, object: object, patch: unknown): object {
  switch (contentType) {
    case "application/merge-patch+json":
      return mergePatch(object, patch);
    case "application/json-patch+json":
      return jsonPatch(object, patch);
    case "application/strategic-merge-patch+json":
      if (isCustomResource(type)) break;
      return strategicMergePatch(object, patch, type.versions.find(({ name }) => name === type.storageVersion)?.schema);
    default:
      throw new ApiStatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  }
  throw new ApiStatusError(
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
  );
}
