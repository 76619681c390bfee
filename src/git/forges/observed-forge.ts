import type { Observe } from "../observe.ts";
import type { Forge } from "./forge.ts";

/** The same forge, each of whose operations is told. */
export function observedForge(forge: Forge, observe: Observe): Forge {
  return {
    kind: forge.kind,
    name: forge.name,
    find: (head, base) => observe("forge-find", () => forge.find(head, base)),
    open: (request) => observe("forge-open", () => forge.open(request)),
    update: (pullRequest, text) => observe("forge-update", () => forge.update(pullRequest, text)),
    look: (number) => observe("forge-look", () => forge.look(number)),
    autoMerge: (number, request) => observe("forge-merge", () => forge.autoMerge(number, request)),
    close: (number, comment) => observe("forge-close", () => forge.close(number, comment)),
    deleteBranch: (branch) => observe("forge-delete-branch", () => forge.deleteBranch(branch)),
  };
}
