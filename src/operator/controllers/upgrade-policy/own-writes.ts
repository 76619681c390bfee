import type { Clock } from "../../../clock.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import { ApiError } from "../../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { clusterUpgrades } from "../../api/kinds.ts";
import { placeAnnotation, type AttemptCache } from "../cluster-upgrade/attempt-cache.ts";

/**
 * Attempts as they are, after what was written of places: the watch may not show that yet, and who counts places without it gives one twice. All of it is in the objects; here it is only until the
 * watch shows it.
 */
export interface OwnWrites {
  /** All attempts. Asks the API server for what the watch does not show for long. */
  attempts(): Promise<readonly KubernetesObject[]>;
  /** As the API server answered. */
  wrote(object: KubernetesObject): void;
  /** Another process decided until now: what it wrote last is read past the watch. */
  takeOver(): void;
}

export interface OwnWritesOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly cache: Pick<AttemptCache, "all" | "get">;
}

/** What a watch has not shown for so long may be gone again. */
const unseenMilliseconds = 10_000;

export function ownWrites({ client, clock, cache }: OwnWritesOptions): OwnWrites {
  const written = new Map<string, { readonly object: KubernetesObject; readonly at: number }>();

  let mustReadAnew = false;

  async function liveOf({ metadata: { name, namespace } }: KubernetesObject): Promise<KubernetesObject | undefined> {
    try {
      return await client.get(clusterUpgrades, name, namespace);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  function isShown(object: KubernetesObject): boolean {
    const { name, namespace = "", uid } = object.metadata;
    const cached = cache.get({ name, namespace });
    return cached !== undefined && cached.metadata.uid === uid && placeIn(cached) === placeIn(object);
  }

  function wrote(object: KubernetesObject): void {
    written.set(keyOf(object), { object, at: clock.now() });
  }

  return {
    wrote,
    async attempts() {
      if (mustReadAnew) for (const object of (await client.list(clusterUpgrades)).items) wrote(object);
      mustReadAnew = false;
      for (const [key, { object, at }] of written) {
        if (isShown(object)) written.delete(key);
        else if (clock.now() - at >= unseenMilliseconds) {
          const live = await liveOf(object);
          if (live === undefined || isShown(live)) written.delete(key);
          else wrote(live);
        }
      }
      if (written.size === 0) return cache.all();
      const shown = cache.all().filter((object) => !written.has(keyOf(object)));
      return [...shown, ...[...written.values()].map(({ object }) => withStatusOf(cache, object))];
    },
    takeOver: () => void (mustReadAnew = true),
  };
}

/** What was written is a place; of the status the watch may know more. */
function withStatusOf(cache: Pick<AttemptCache, "get">, object: KubernetesObject): KubernetesObject {
  const { name, namespace = "", uid } = object.metadata;
  const cached = cache.get({ name, namespace });
  return cached?.metadata.uid === uid && cached !== undefined
    ? { ...cached, metadata: { ...cached.metadata, annotations: object.metadata.annotations ?? {} } }
    : object;
}

function placeIn({ metadata }: KubernetesObject): string | undefined {
  return metadata.annotations?.[placeAnnotation];
}

function keyOf({ metadata: { namespace = "", name } }: KubernetesObject): string {
  return `${namespace}/${name}`;
}
