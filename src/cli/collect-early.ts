import { setFlagsFromString } from "node:v8";

/**
 * For a process that stays: V8 collects when the heap has grown by half since it last did. By itself it would wait until it is up to four times as large where
 * the machine has much memory, and while a thousand upgrades begin most of that is of no use to anybody. V8 reads this setting at each collection, so it may be made at any time.
 */
export function collectEarly(): void {
  setFlagsFromString("--heap-growing-percent=50");
}
