import { UsageError } from "./failure.ts";

const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `90s`, `10m`, `1h30m`, `2d` in seconds. Throws UsageError. */
export function parseDuration(text: string, option: string): number {
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new UsageError(`${option} ${text} is not a duration. Write it as 90s, 10m, 1h30m or 2d.`);
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitSeconds[unit as keyof typeof unitSeconds], 0);
}

/** `3d`, `5h12m`, `4m10s`, `32s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 2 * 86_400) return `${Math.floor(whole / 86_400)}d`;
  if (whole >= 3_600) return `${Math.floor(whole / 3_600)}h${Math.floor((whole % 3_600) / 60)}m`;
  if (whole >= 60) return `${Math.floor(whole / 60)}m${whole % 60}s`;
  return `${whole}s`;
}
