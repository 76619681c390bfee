/** Holds a label to few values: past `limit` different ones, and for what is no plain word, it is `Other`. A metric must not grow with what a server or a person writes. */
export function boundedLabel(limit: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit || !/^[\w.:/+-]{1,253}$/.test(value)) return "Other";
    known.add(value);
    return value;
  };
}

/** `2xx`, or `none` where there was no answer. */
export function codeClass(status: number | undefined): string {
  return status === undefined || status < 100 || status > 599 ? "none" : `${Math.floor(status / 100)}xx`;
}
