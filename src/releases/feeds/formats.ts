import { readCatalogFile } from "../catalog-file.ts";
import { endOfLifeV0, endOfLifeV1 } from "./endoflife.ts";
import type { FeedFormat } from "./feed-format.ts";
import { gitHubReleases } from "./github-releases.ts";
import { kubernetesSchedule } from "./kubernetes-schedule.ts";
import { versionText } from "./version-text.ts";

/** The formats by the names that a ReleaseCatalog uses. */
export const feedFormats = {
  StableText: versionText,
  EndOfLifeDate: endOfLifeV0,
  EndOfLifeDateV1: endOfLifeV1,
  KubernetesSchedule: kubernetesSchedule,
  GitHubReleases: gitHubReleases,
  Releases: { mediaType: "application/yaml, application/json", decode: (text) => readCatalogFile(text).releases },
} as const satisfies Readonly<Record<string, FeedFormat>>;

export type FeedFormatName = keyof typeof feedFormats;
