import { isWithin } from "../kustomize/repository-path.ts";
import { onceForSameReads } from "../once-for-same-reads.ts";
import type { RepositoryFiles } from "../repository-files.ts";
import type { HelmRenderer } from "./helm-renderer.ts";
import type { Release } from "./releases.ts";
import { renderText, type RenderedText } from "./render-release.ts";

/** What longer texts are made of is rendered each time: a fleet's releases are remembered all at once. */
const longestRemembered = 64_000;

/** Each is a process. */
const togetherMost = 4;

/** Renders releases of a state, and those anew that a file was changed for since an earlier one; in the order of `releases`. Ends with the first where there is no helm. */
export function rememberingHelm(
  renderer: HelmRenderer,
): (files: RepositoryFiles, releases: readonly Release[]) => Promise<readonly RenderedText[]> {
  const render = onceForSameReads<{ readonly release: Release; readonly chartFiles: readonly string[] }, RenderedText>(
    ({ release, chartFiles }) => JSON.stringify([release, chartFiles]),
    (files, { release, chartFiles }) => renderText(files, renderer, release, chartFiles),
    { together: togetherMost, isKept: (rendered) => rendered.kind === "rendered" && rendered.text.length <= longestRemembered },
  );

  return async (files, releases) => {
    const list = await files.list();
    const byChart = new Map<string, readonly string[]>();
    for (const { chart } of releases)
      if (!byChart.has(chart))
        byChart.set(
          chart,
          list.filter((file) => isWithin(file, chart)),
        );
    const inputs = releases.map((release) => ({ release, chartFiles: byChart.get(release.chart) ?? [] }));
    // One by itself: where there is no helm, it need not be looked for a thousand times.
    const first = await render(files, inputs.slice(0, 1));
    return first[0]?.kind === "not-installed" ? first : [...first, ...(await render(files, inputs.slice(1)))];
  };
}
