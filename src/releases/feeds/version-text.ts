import { releaseWith, versionIn } from "../release-facts.ts";
import type { FeedFormat } from "./feed-format.ts";

/** A version a line, empty lines and `#` comments aside: `https://dl.k8s.io/release/stable.txt`, `stable-1.35.txt`, or a list of one's own. No dates. */
export const versionText: FeedFormat = {
  mediaType: "text/plain",
  decode: (text) => {
    const lines = text
      .split("\n")
      .map((line) => line.replace(/#.*/, "").trim())
      .filter((line) => line !== "");
    return lines.flatMap((line) => versionIn(line) ?? []).map((version) => releaseWith(version));
  },
};
