import type { Clock } from "../../clock.ts";
import type { SendHttp } from "../../http/send-http.ts";
import { imageExists } from "./image-existence.ts";

/** What came of looking for an image. One that could not be looked for is not known to exist. */
export type ImageLook = { readonly kind: "exists" } | { readonly kind: "missing" | "unknown"; readonly why: string };

/** What registries said of images. It could be lost: then they are asked again. */
export interface ImageLookups {
  of(image: string): ImageLook | undefined;
  /** Asks for those that are due, the first ones first, at most `mostAtOnce` of them. */
  look(images: readonly string[], signal?: AbortSignal): Promise<void>;
  /** When one of these is due, in epoch milliseconds; undefined: none of them. */
  dueAt(images: readonly string[]): number | undefined;
}

/** Milliseconds after which it is asked again; what is there is seldom taken away. */
const againAfter = { exists: 24 * 3_600_000, missing: 600_000, unknown: 300_000 } as const;
const mostAtOnce = 40;
const concurrency = 4;

export function imageLookups({ send, clock }: { readonly send: SendHttp; readonly clock: Clock }): ImageLookups {
  const known = new Map<string, { readonly look: ImageLook; readonly dueAt: number }>();

  async function ask(image: string, signal: AbortSignal | undefined): Promise<void> {
    const answer = await imageExists({ image, send, signal });
    const before = known.get(image)?.look;
    const look: ImageLook =
      answer.kind === "exists"
        ? { kind: "exists" }
        : { kind: answer.kind, why: answer.kind === "missing" ? `${image} is not in its registry` : answer.why };
    // A registry that does not answer takes nothing away.
    const kept: ImageLook = look.kind === "unknown" && before?.kind === "exists" ? before : look;
    known.set(image, { look: kept, dueAt: clock.now() + againAfter[look.kind] });
  }

  return {
    of: (image) => known.get(image)?.look,
    async look(images, signal) {
      const due = images.filter((image) => (known.get(image)?.dueAt ?? 0) <= clock.now()).slice(0, mostAtOnce);
      const worker = async (): Promise<void> => {
        for (let image = due.shift(); image !== undefined; image = due.shift()) await ask(image, signal);
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
    },
    dueAt: (images) => (images.length === 0 ? undefined : Math.min(...images.map((image) => known.get(image)?.dueAt ?? 0))),
  };
}
