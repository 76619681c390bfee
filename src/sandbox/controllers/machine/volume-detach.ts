import { getCondition } from "../../conditions/condition.ts";
import type { WorkloadCluster } from "../environment.ts";

/**
 * What is still attached to a Node, one line for each kind of it (core/reconcilers/machine shouldWaitForNodeVolumes). The sandbox serves no PersistentVolumes: whatever is attached matches none. A Node that
 * is gone or unreachable is not waited for.
 */
export function attachedVolumes({ objects, type }: WorkloadCluster, nodeName: string): readonly string[] {
  const node = objects.get(type("Node"), undefined, nodeName);
  if (node === undefined || getCondition(node, "Ready")?.status === "Unknown") return [];
  // The schemas say so.
  const status = node["status"] as { readonly volumesAttached?: readonly { readonly name: string }[] } | undefined;
  const attachments = objects.store.list("VolumeAttachment.storage.k8s.io").filter((attachment) => {
    const spec = attachment["spec"] as { readonly nodeName?: string };
    const state = attachment["status"] as { readonly attached?: boolean } | undefined;
    return spec.nodeName === nodeName && state?.attached === true;
  });
  const volumes = attachments.map(
    (attachment) =>
      (attachment["spec"] as { readonly source?: { readonly persistentVolumeName?: string } }).source?.persistentVolumeName ?? "",
  );
  return [
    ...line(
      "Node with .status.volumesAttached entries not matching a PersistentVolume",
      (status?.volumesAttached ?? []).map(({ name }) => name),
    ),
    ...line("VolumeAttachment with .spec.source.persistentVolumeName not matching a PersistentVolume", volumes),
  ];
}

function line(what: string, names: readonly string[]): readonly string[] {
  const sorted = [...new Set(names)].sort();
  if (sorted.length === 0) return [];
  const more = sorted.length > 5 ? [`... (${sorted.length - 5} more)`] : [];
  return [`* ${what}: ${[...sorted.slice(0, 5), ...more].join(", ")}`];
}
