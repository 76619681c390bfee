/** Where an image is: `kindest/node:v1.35.2`, `ghcr.io/org/image@sha256:…`. */
export interface ImageReference {
  /** Base URL of the registry's API: `https://registry-1.docker.io`. */
  readonly registry: string;
  readonly repository: string;
  /** A tag or a digest; undefined where the text names neither. */
  readonly reference: string | undefined;
}

const hubRegistry = "https://registry-1.docker.io";
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+:[a-fA-F0-9]{32,}$/;

/**
 * By Docker's rules: without a registry it is Docker Hub's, there a name without a slash is `library/…`; a first part with a dot or a port, or `localhost`, is a
 * registry; this machine's is spoken to without TLS. Undefined for what is no image reference (an AMI id is none).
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const [path = "", digest] = text.split("@");
  const [first = "", ...rest] = path.split("/");
  const named = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const name = named ? rest.join("/") : path;
  const colon = name.lastIndexOf(":");
  const [repository, tag] = colon > name.lastIndexOf("/") ? [name.slice(0, colon), name.slice(colon + 1)] : [name, undefined];
  if (!REPOSITORY.test(repository) || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest)))
    return undefined;
  const host = named ? first : "docker.io";
  const hub = host === "docker.io" || host === "index.docker.io";
  const registry = hub ? hubRegistry : `${/^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host) ? "http" : "https"}://${host}`;
  if (!URL.canParse(registry)) return undefined;
  return { registry, repository: hub && !repository.includes("/") ? `library/${repository}` : repository, reference: digest ?? tag };
}

/** Host and repository as configurations name them, with Docker Hub's own host: `docker.io/library/nginx`, `ghcr.io/org/image`. */
export function repositoryName({ registry, repository }: ImageReference): string {
  return `${registry === hubRegistry ? "docker.io" : registry.slice(registry.indexOf("//") + 2)}/${repository}`;
}
