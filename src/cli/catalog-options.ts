import { readCatalogImages } from "../operator/catalog-images.ts";
import type { Refusal } from "../refusal.ts";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";
import type { ImageCatalog } from "../upgrade/machine-images.ts";
import { isRefusal, type Session } from "./session.ts";

export interface CatalogOptions {
  /** Name of a ReleaseCatalog; false with `--no-catalog`; true: none was named. */
  readonly catalog: string | boolean;
}

export interface ClusterAndImages {
  readonly snapshot: ClusterSnapshot;
  readonly images: ImageCatalog | undefined;
}

/** A cluster, and the machine images by the ReleaseCatalog that the options name, else by the one that is called `default`. */
export async function lookWithImages(session: Session, cluster: string, { catalog }: CatalogOptions): Promise<ClusterAndImages | Refusal> {
  const { client, discovery } = session;
  const named = typeof catalog === "string" ? catalog : undefined;
  const [snapshot, images] = await Promise.all([
    session.look(cluster),
    catalog === false ? undefined : readCatalogImages(client, discovery, named),
  ]);
  if (isRefusal(snapshot)) return snapshot;
  if (images !== undefined && isRefusal(images)) return images;
  return { snapshot, images };
}
