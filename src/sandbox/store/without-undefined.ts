/** Without the fields that are undefined, as Go leaves out what is empty; the same object when there are none. */
export function withoutUndefined<T extends object>(object: { readonly [K in keyof T]: T[K] | undefined }): T {
  let isWhole = true;
  for (const field in object) if (object[field] === undefined) isWhole = false;
  if (isWhole) return object as T;
  const left: Partial<Record<keyof T, unknown>> = {};
  for (const field in object) if (object[field] !== undefined) left[field] = object[field];
  // Without the fields that are undefined it is a T.
  return left as T;
}
