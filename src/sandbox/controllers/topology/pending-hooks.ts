import type { Environment } from "../environment.ts";
import { annotationKeys, typeKeys, type Cluster } from "./topology-objects.ts";

type Hook =
  "AfterClusterUpgrade" | "AfterControlPlaneInitialized" | "AfterControlPlaneUpgrade" | "AfterWorkersUpgrade" | "BeforeWorkersUpgrade";

/** Lifecycle hooks whose turn is still to come; kept in an annotation of the Cluster, so that a restart forgets none (CAPI internal/hooks). */
export interface PendingHooks {
  /** The Cluster as it is after the last mark. */
  readonly cluster: () => Cluster;
  isPending(hook: Hook): boolean;
  mark(...hooks: readonly Hook[]): void;
  done(hook: Hook): void;
}

export function createPendingHooks({ objects, type }: Environment, first: Cluster): PendingHooks {
  let cluster = first;

  function pending(): readonly string[] {
    const text = cluster.metadata.annotations?.[annotationKeys.pendingHooks] ?? "";
    return text === "" ? [] : text.split(",");
  }

  function write(hooks: readonly string[]): void {
    const { [annotationKeys.pendingHooks]: _old, ...others } = cluster.metadata.annotations ?? {};
    const annotations = hooks.length === 0 ? others : { ...others, [annotationKeys.pendingHooks]: hooks.join(",") };
    const { namespace, name } = cluster.metadata;
    // A modified Cluster is one.
    cluster = objects.modify(
      type(typeKeys.cluster),
      namespace,
      name,
      (live) => ({ ...live, metadata: { ...live.metadata, annotations } }),
      { manager: "manager" },
    ) as Cluster;
  }

  return {
    cluster: () => cluster,
    isPending: (hook) => pending().includes(hook),
    mark(...hooks) {
      const known = pending();
      const all = [...new Set([...known, ...hooks])].sort();
      if (all.length !== known.length) write(all);
    },
    done(hook) {
      const known = pending();
      if (known.includes(hook)) write(known.filter((each) => each !== hook));
    },
  };
}
