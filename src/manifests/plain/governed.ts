import type { RepositoryFiles } from "../repository-files.ts";

/** Folders that hold a Helm chart: what is below `templates/` is not YAML, and `Chart.yaml`, values and the rest are no manifests. */
export async function chartFolders(files: RepositoryFiles): Promise<readonly string[]> {
  const list = await files.list();
  return list.filter((path) => path === "Chart.yaml" || path.endsWith("/Chart.yaml")).map((path) => path.slice(0, -"Chart.yaml".length));
}

const kustomizationNames: ReadonlySet<string> = new Set(["kustomization.yaml", "kustomization.yml", "Kustomization"]);

export function isKustomization(path: string): boolean {
  return kustomizationNames.has(path.slice(path.lastIndexOf("/") + 1));
}

/** Files with manifests in plain YAML, by their name and place. */
export async function manifestFiles(files: RepositoryFiles, directory: string | undefined): Promise<readonly string[]> {
  const charts = await chartFolders(files);
  const folder = (directory ?? "").replace(/^(\.?\/+|\.$)|\/+$/g, "");
  const prefix = folder === "" ? "" : `${folder}/`;
  return (await files.list()).filter(
    (path) =>
      path.startsWith(prefix) && /\.(ya?ml|json)$/.test(path) && !isKustomization(path) && !charts.some((chart) => path.startsWith(chart)),
  );
}
