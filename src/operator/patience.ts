import type { Clock } from "../clock.ts";
import { ForgeError } from "../git/forges/forge-error.ts";
import { GitError } from "../git/git-error.ts";

/** A remote that does not answer is asked again for this long: an upgrade outlives a forge that is being restarted. */
const patienceSeconds = 300;
const firstPauseMilliseconds = 1_000;
const longestPauseMilliseconds = 30_000;

/**
 * Asks again while a remote or a forge does not answer, as late as the forge wants it; any other error, and one that outlasts `seconds`, is thrown. With 0 it is asked once: for whoever has
 * other work to do meanwhile, and asks again himself.
 */
export async function patiently<T>(clock: Clock, ask: () => Promise<T>, seconds = patienceSeconds): Promise<T> {
  const giveUpAt = clock.now() + seconds * 1000;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(2 * pause, longestPauseMilliseconds)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof GitError || error instanceof ForgeError) || !error.transient) throw error;
      const asked = error instanceof ForgeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      const wait = Math.max(pause, asked);
      if (clock.now() + wait >= giveUpAt) throw error;
      await clock.sleep(wait);
    }
  }
}
