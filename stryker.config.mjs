// Mutation run on the pure rooms: `npm run mutation`. Surviving mutants are looked at one by one: docs/mutation.md.
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts" },
  mutate: ["src/upgrade/**/*.ts", "src/manifests/**/*.ts", "!src/**/*.test.ts", "!src/**/testing/**", "!src/**/*-types.ts"],
  // Its links into config/ cannot be copied.
  ignorePatterns: ["config/charts"],
  reporters: ["clear-text", "progress-append-only", "json", "html"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  ignoreStatic: true,
  timeoutMS: 20000,
  tempDirName: ".stryker-tmp",
  incremental: true,
  incrementalFile: "reports/stryker-incremental.json",
  allowEmpty: false,
};
