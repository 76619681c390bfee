import { array, nullish, object, parse, safeParse, string, unknown } from "valibot";
import type { Release } from "../../upgrade/policy/release.ts";
import { instantIn, releaseWith, versionIn } from "../release-facts.ts";
import type { FeedFormat } from "./feed-format.ts";

const Cycle = object({
  cycle: string(),
  releaseDate: nullish(string()),
  eol: unknown(),
  latest: string(),
  latestReleaseDate: nullish(string()),
});

/**
 * `https://endoflife.date/api/kubernetes.json`: of each minor its newest patch, when the minor began and when it ends. `eol` may be `true` or `false` where no
 * date is known.
 */
export const endOfLifeV0: FeedFormat = {
  mediaType: "application/json",
  decode: (text) =>
    parse(array(unknown()), JSON.parse(text)).flatMap((item) => {
      const cycle = safeParse(Cycle, item);
      if (!cycle.success) return [];
      const { cycle: minor, releaseDate, eol, latest, latestReleaseDate } = cycle.output;
      return minorOf(minor, releaseDate, latest, latestReleaseDate, eol);
    }),
};

const Product = object({ result: object({ releases: array(unknown()) }) });
const ProductRelease = object({
  name: string(),
  releaseDate: nullish(string()),
  eolFrom: nullish(string()),
  latest: object({ name: string(), date: nullish(string()) }),
});

/** `https://endoflife.date/api/v1/products/kubernetes/`: the same in its newer form. */
export const endOfLifeV1: FeedFormat = {
  mediaType: "application/json",
  decode: (text) =>
    parse(Product, JSON.parse(text)).result.releases.flatMap((item) => {
      const release = safeParse(ProductRelease, item);
      if (!release.success) return [];
      const { name, releaseDate, eolFrom, latest } = release.output;
      return minorOf(name, releaseDate, latest.name, latest.date, eolFrom);
    }),
};

/** Its newest patch and, by the date on which it began, its `.0`. */
function minorOf(
  minor: string,
  began: string | null | undefined,
  latest: string,
  latestDate: string | null | undefined,
  end: unknown,
): readonly Release[] {
  const endOfLifeAt = instantIn(end);
  const newest = versionIn(latest);
  const first = versionIn(`${minor}.0`);
  return [
    ...(newest === undefined ? [] : [releaseWith(newest, { releasedAt: instantIn(latestDate), endOfLifeAt })]),
    ...(first === undefined || first === newest || instantIn(began) === undefined
      ? []
      : [releaseWith(first, { releasedAt: instantIn(began), endOfLifeAt })]),
  ];
}
