import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

// Git must behave the same on every machine: no user or system configuration reaches a test.
const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", TZ: "UTC", NO_COLOR: "1" };

export default defineConfig({
  test: {
    env,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: ["src/**/*.test.ts", "test/unit/**/*.test.ts"],
          pool: "threads",
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        test: { name: "cli", env, include: ["test/cli/**/*.test.ts"], pool: "forks", testTimeout: 120_000 },
      },
      {
        test: {
          name: "e2e",
          env,
          include: ["test/e2e/**/*.e2e.test.ts"],
          globalSetup: ["test/stack/global-setup.ts"],
          pool: "forks",
          maxWorkers: 6,
          // Waiting for one of the stack's slots is in it. What a scenario waits for has limits of its own (test/e2e/support/patience.ts).
          testTimeout: 7_200_000,
          hookTimeout: 7_200_000,
          sequence: { concurrent: true },
          maxConcurrency: 8,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["src/upgrade/**/*.ts", "src/manifests/**/*.ts"],
      exclude: ["**/*.test.ts"],
      reporter: ["text-summary", "text", "json-summary"],
      thresholds: {
        branches: 95,
        "src/upgrade/**": { branches: 95 },
        "src/manifests/**": { branches: 95 },
        "src/manifests/helm/**": { branches: 95 },
      },
    },
  },
});
