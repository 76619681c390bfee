import { wordsAt, type RawObject } from "./raw-object.ts";

/** A Secret's content as text, by key. Never to be shown. */
export function secretData(secret: RawObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(wordsAt(secret, "data")).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}
