/**
 * How long a scenario waits for what must come, in seconds. Nothing is measured by it: it is longer than anything takes on a busy machine three times as slow as
 * ours, and short enough that what never comes is told as such.
 */
export const patienceSeconds = 900;

/** The same for `kubectl wait`. */
export const patience = `--timeout=${patienceSeconds}s`;
