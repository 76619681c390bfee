import { oncePerState } from "../once-for-each.ts";
import type { RepositoryFiles } from "../repository-files.ts";

/** Folders that hold a Helm chart: what is below `templates/` is not YAML, and `Chart.yaml`, values and the rest are no manifests. */
const chartFolders = oncePerState(async (files): Promise<readonly string[]> => {
  const list = await files.list();
  return list.filter((path) => path === "Chart.yaml" || path.endsWith("/Chart.yaml")).map((path) => path.slice(0, -"Chart.yaml".length));
});

const kustomizationNames: ReadonlySet<string> = new Set(["kustomization.yaml", "kustomization.yml", "Kustomization"]);

function isKustomization(path: string): boolean {
  return kustomizationNames.has(path.slice(path.lastIndexOf("/") + 1));
}

/** Files with manifests in plain YAML, by their name and place. `among`: only these are looked at; absent: all. */
export async function manifestFiles(
  files: RepositoryFiles,
  directory: string | undefined,
  among?: readonly string[],
): Promise<readonly string[]> {
  const charts = await chartFolders(files);
  const folder = (directory ?? "").replace(/^(\.?\/+|\.$)|\/+$/g, "");
  const prefix = folder === "" ? "" : `${folder}/`;
  return (among ?? (await files.list())).filter(
    (path) =>
      path.startsWith(prefix) && /\.(ya?ml|json)$/.test(path) && !isKustomization(path) && !charts.some((chart) => path.startsWith(chart)),
  );
}
