import type { Refusal } from "../../refusal.ts";
import { readRendered } from "../rendering/rendered-objects.ts";
import type { Rendered } from "../rendering/run-program.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import type { IntendedChange } from "../source.ts";
import { refuseUnintended } from "./check-differences.ts";
import { compareObjects, compareRoots } from "./compare-roots.ts";
import type { KustomizeRenderer } from "./kustomize-renderer.ts";
import { findRoots, type Root } from "./roots.ts";

/** Builds the roots that the edit touches with the real kustomize, before and after, and refuses what differs beyond the intended changes. */
export async function verifyRendered(
  renderer: KustomizeRenderer,
  before: RepositoryFiles,
  after: RepositoryFiles,
  intended: readonly IntendedChange[],
): Promise<Refusal | undefined> {
  for (const root of await touchedRoots(before, after)) {
    const { directory, files } = root.build;
    const was = await renderer.render(await textsOf(before, files), directory);
    if (was.kind === "not-installed") return undefined;
    const is = await renderer.render(await textsOf(after, files), directory);
    const [old, now] = [objectsOf(was), objectsOf(is)];
    // What cannot be built before cannot prove anything; what cannot be built only after is our doing.
    if (typeof old === "string") return brokenBuild(root, old, "as it is now");
    if (typeof now === "string") return brokenBuild(root, now, "after the edit");
    const refusal = refuseUnintended(compareObjects(root.name, old, now), intended);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Only what kustomize alone builds can be rendered here: nothing from the network, no plugins, nothing that Flux adds. */
async function touchedRoots(before: RepositoryFiles, after: RepositoryFiles): Promise<readonly Root[]> {
  const roots = await findRoots(before);
  const differing = new Set(compareRoots(roots, await findRoots(after)).map(({ root }) => root));
  return roots.filter((root) => differing.has(root.name) && !root.flux && root.build.unseen.length === 0);
}

async function textsOf(files: RepositoryFiles, paths: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const path of paths) texts.set(path, (await files.read(path)) ?? "");
  return texts;
}

function objectsOf(rendered: Rendered) {
  if (rendered.kind !== "rendered") return rendered.kind === "failed" ? rendered.why : `${rendered.program} is gone`;
  const read = readRendered(rendered.text);
  return read.kind === "objects" ? read.objects : read.why;
}

function brokenBuild(root: Root, why: string, when: string): Refusal {
  return {
    reason: "ManifestBuildFails",
    message: `kustomize cannot build ${root.name} ${when}: ${why}`,
    remedy: `Mend it: run kustomize build ${root.name} and follow what it says.`,
  };
}
