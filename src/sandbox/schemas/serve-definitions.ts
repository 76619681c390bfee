import { timestamp, type Objects } from "../api/objects.ts";
import { typeKey, type ResourceType } from "../api/resource-type.ts";
import type { Timeline } from "../engine/timeline.ts";
import { typeOfDefinition } from "./defined-types.ts";

export interface ServeDefinitionsOptions {
  readonly objects: Objects;
  /** The kind CustomResourceDefinition. */
  readonly definition: ResourceType;
  readonly timeline: Timeline;
  /** By key: `kind.group`. */
  readonly isServed: (key: string) => boolean;
  readonly onServed: (type: ResourceType) => void;
}

/** From a definition's creation to its kind's being served; a real one takes about as long. */
const establishMilliseconds = 20;

/**
 * Serves the kinds of CustomResourceDefinitions that are made from now on, and says so in their status. What is changed or deleted later changes nothing: a definition is there for as long as
 * the sandbox is.
 */
export function serveDefinitions({ objects, definition, timeline, isServed, onServed }: ServeDefinitionsOptions): void {
  // A store that was restored brings some along.
  for (const object of objects.store.list(definition.key)) {
    const { group, names } = object["spec"] as { readonly group: string; readonly names: { readonly kind: string } };
    if (!isServed(typeKey(group, names.kind))) onServed(typeOfDefinition(object));
  }
  objects.store.subscribe((event) => {
    if (event.kind !== "added" || event.type !== definition.key) return;
    const { name } = event.object.metadata;
    const type = typeOfDefinition(event.object);
    timeline.after(establishMilliseconds, () => {
      const live = objects.store.get(definition.key, undefined, name);
      if (live === undefined) return;
      if (!isServed(type.key)) onServed(type);
      const time = timestamp(timeline.now());
      const condition = (kind: string, reason: string): object => ({
        type: kind,
        status: "True",
        reason,
        message: "",
        lastTransitionTime: time,
      });
      const { names } = live["spec"] as { readonly names: object };
      const status = {
        acceptedNames: names,
        storedVersions: [type.storageVersion],
        conditions: [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
      };
      objects.updateStatus(definition, { ...live, status }, { manager: "kube-apiserver" });
    });
  });
}
