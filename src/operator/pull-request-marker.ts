/**
 * What a pull request carries, as a comment at the end of its body that people do not see: the ids of its steps. `withdrawn`: this tool closed
 * it itself, so its being closed is nobody's no.
 */
export interface Marker {
  readonly ids: readonly string[];
  readonly withdrawn: boolean;
}

const pattern = /<!-- capi-gitops (carries|withdrew): ([^>]*) -->/;

/** Ids sorted, each once. */
export function markerOf({ ids, withdrawn }: Marker): string {
  const encoded = [...new Set(ids)].sort().map(encodeId);
  return `<!-- capi-gitops ${withdrawn ? "withdrew" : "carries"}: ${encoded.join(" ")} -->`;
}

export function readMarker(body: string): Marker {
  const [, verb, ids = ""] = pattern.exec(body) ?? [];
  return {
    ids: ids
      .split(" ")
      .filter((id) => id !== "")
      .map(decodeId),
    withdrawn: verb === "withdrew",
  };
}

/** The body with this marker instead of the one that it has. */
export function withMarker(body: string, marker: Marker): string {
  return `${body.replace(pattern, "").trimEnd()}\n\n${markerOf(marker)}\n`;
}

/** `--` may not be within a comment of HTML, and names of Kubernetes may hold it. */
export function encodeId(id: string): string {
  return id.replaceAll("--", "-%2D");
}

export function decodeId(id: string): string {
  return id.replaceAll("-%2D", "--");
}
