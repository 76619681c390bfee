import type { Clock } from "../../clock.ts";
import type { SendHttp } from "../../http/send-http.ts";
import type { Refusal } from "../../refusal.ts";
import { imageExists } from "./image-existence.ts";
import { repositoryName, type ImageReference } from "./image-reference.ts";
import { registryClient, type AskRegistry } from "./registry-client.ts";
import type { RegistryLogins } from "./registry-login.ts";

/** What came of looking for an image. One that could not be looked for is not known to exist. */
export type ImageLook = { readonly kind: "exists" } | { readonly kind: "missing" | "unknown"; readonly why: string };

export interface ImageToFind {
  readonly image: string;
  /** Name of the Secret with the login of its registry. What is shown to one login need not be shown to another, or to anybody. */
  readonly secret?: string;
}

export interface ImageLookupOptions {
  readonly send: SendHttp;
  readonly clock: Clock;
  /** The logins of a Secret; or why there are none. */
  readonly loginsOf: (secret: string, signal: AbortSignal | undefined) => Promise<RegistryLogins | Refusal>;
}

/** What registries said of images. It could be lost: then they are asked again. */
export interface ImageLookups {
  of(image: ImageToFind): ImageLook | undefined;
  /** Asks for those that are due, the first ones first, at most `mostAtOnce` of them. */
  look(images: readonly ImageToFind[], signal?: AbortSignal): Promise<void>;
  /** When one of these is due, in epoch milliseconds; undefined: none of them. */
  dueAt(images: readonly ImageToFind[]): number | undefined;
}

/** Milliseconds after which it is asked again; what is there is seldom taken away. */
const againAfter = { exists: 24 * 3_600_000, missing: 600_000, unknown: 300_000 } as const;
const mostAtOnce = 40;
const concurrency = 4;

export function imageLookups({ send, clock, loginsOf }: ImageLookupOptions): ImageLookups {
  const known = new Map<string, { readonly look: ImageLook; readonly dueAt: number }>();
  const heldOf = (image: ImageToFind): { readonly look: ImageLook; readonly dueAt: number } | undefined => known.get(keyOf(image));

  async function ask(wanted: ImageToFind, client: (image: ImageReference) => AskRegistry, signal: AbortSignal | undefined): Promise<void> {
    const { image } = wanted;
    const answer = await imageExists({ image, client, signal });
    learn(
      wanted,
      answer.kind === "exists"
        ? { kind: "exists" }
        : { kind: answer.kind, why: answer.kind === "missing" ? `${image} is not in its registry` : answer.why },
    );
  }

  /** A registry that does not answer takes nothing away, nor does a login that is not there any more. */
  function learn(wanted: ImageToFind, look: ImageLook): void {
    const before = heldOf(wanted)?.look;
    const kept: ImageLook = look.kind === "unknown" && before?.kind === "exists" ? before : look;
    known.set(keyOf(wanted), { look: kept, dueAt: clock.now() + againAfter[look.kind] });
  }

  /** Clients of one look: a Secret is read once, and a token serves all images of a repository. */
  function clients(signal: AbortSignal | undefined) {
    const logins = new Map<string, Promise<RegistryLogins | Refusal>>();
    const asking = new Map<string, AskRegistry>();
    return async (secret: string | undefined): Promise<((image: ImageReference) => AskRegistry) | Refusal> => {
      const read = secret === undefined ? undefined : (logins.get(secret) ?? loginsOf(secret, signal));
      if (secret !== undefined && read !== undefined) logins.set(secret, read);
      const own = await read;
      if (own !== undefined && "reason" in own) return own;
      return (image) => {
        const key = `${secret ?? ""} ${repositoryName(image)}`;
        const client = asking.get(key) ?? registryClient({ image, logins: own, send, clock });
        asking.set(key, client);
        return client;
      };
    };
  }

  return {
    of: (image) => heldOf(image)?.look,
    async look(images, signal) {
      const due = images.filter((image) => (heldOf(image)?.dueAt ?? 0) <= clock.now()).slice(0, mostAtOnce);
      const clientOf = clients(signal);
      const worker = async (): Promise<void> => {
        for (let wanted = due.shift(); wanted !== undefined; wanted = due.shift()) {
          const client = await clientOf(wanted.secret);
          if ("reason" in client) learn(wanted, { kind: "unknown", why: client.message });
          else await ask(wanted, client, signal);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
    dueAt: (images) => (images.length === 0 ? undefined : Math.min(...images.map((image) => heldOf(image)?.dueAt ?? 0))),
  };
}

function keyOf({ image, secret = "" }: ImageToFind): string {
  return `${secret} ${image}`;
}
