import { array, nullish, object, parse, safeParse, string, unknown } from "valibot";
import { parse as parseYaml } from "yaml";
import { instantIn, releaseWith, versionIn } from "../release-facts.ts";
import type { FeedFormat } from "./feed-format.ts";

const Schedules = object({ schedules: array(unknown()) });
const Minor = object({ endOfLifeDate: nullish(string()), previousPatches: nullish(array(unknown())) });
const Patch = object({ release: string(), targetDate: nullish(string()), note: nullish(string()) });

/** The website marks a patch that made something worse with a note that begins so, and a link to the announcement. */
const REGRESSION = /^\[?regression\b/i;

/**
 * `data/releases/schedule.yaml` of kubernetes/website: every patch of the minors in support, on the day it was planned for. What is to come (`next`) is not
 * out yet and is left out. Scalars are read as texts: as a number, a `1.30` would be 1.3.
 */
export const kubernetesSchedule: FeedFormat = {
  mediaType: "application/yaml, text/plain",
  decode: (text) =>
    parse(Schedules, parseYaml(text, { schema: "failsafe", maxAliasCount: 100 })).schedules.flatMap((item) => {
      const minor = safeParse(Minor, item);
      if (!minor.success) return [];
      const endOfLifeAt = instantIn(minor.output.endOfLifeDate);
      return (minor.output.previousPatches ?? []).flatMap((item) => {
        const patch = safeParse(Patch, item);
        const version = patch.success ? versionIn(patch.output.release) : undefined;
        if (!patch.success || version === undefined) return [];
        const note = patch.output.note ?? "";
        return [
          releaseWith(version, {
            releasedAt: instantIn(patch.output.targetDate),
            endOfLifeAt,
            withdrawn: REGRESSION.test(note) ? note.trim() : undefined,
          }),
        ];
      });
    }),
};
