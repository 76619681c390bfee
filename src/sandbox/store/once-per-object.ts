/** What is made of an object is made once, for as long as somebody keeps the object. For objects that nobody changes: stored ones and their parts, schemas. */
export function oncePerObject<Key extends object, Made>(make: (object: Key) => Made): (object: Key) => Made {
  const known = new WeakMap<Key, Made>();
  return (object) => {
    const before = known.get(object);
    // What was made may be undefined; then it was set, too.
    if (before !== undefined || known.has(object)) return before as Made;
    const made = make(object);
    known.set(object, made);
    return made;
  };
}
