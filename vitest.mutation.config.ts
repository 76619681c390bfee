import { defineConfig } from "vitest/config";

// The tests that judge mutants: those of the pure rooms, nothing that starts a process.
export default defineConfig({
  test: { include: ["src/upgrade/**/*.test.ts", "src/manifests/**/*.test.ts"], testTimeout: 60_000 },
});
