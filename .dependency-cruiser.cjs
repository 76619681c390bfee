// Imports point inward only (docs/architecture.md). Each room lists the rooms it may import; everything else is an error.
const rooms = {
  upgrade: [],
  http: [],
  kubernetes: ["http"],
  manifests: [],
  releases: ["upgrade", "http"],
  telemetry: ["http"],
  git: ["manifests", "http"],
  "cluster-api": ["upgrade", "kubernetes", "gitops"],
  gitops: ["upgrade", "kubernetes", "git"],
  // It imitates what the product talks to: of the product it may use the ways to reach things, never the rules of upgrades.
  sandbox: ["kubernetes", "manifests", "git"],
  operator: ["upgrade", "http", "kubernetes", "manifests", "git", "cluster-api", "gitops", "releases", "telemetry"],
  cli: ["upgrade", "http", "kubernetes", "manifests", "git", "cluster-api", "gitops", "releases", "telemetry", "operator", "sandbox"],
};
const leaves = "^src/(refusal|clock|label-selector)\\.ts$";

const testCode = ["\\.test\\.ts$", "/testing/"];
const onSandbox = new Set(["cluster-api", "operator"]);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(rooms).flatMap(([room, allowed]) => {
      const inward = (name, from, also) => ({
        name,
        severity: "error",
        from: { path: `^src/${room}/`, ...from },
        to: { path: "^src/", pathNot: [`^src/${room}/`, leaves, ...allowed.concat(also).map((other) => `^src/${other}/`)] },
      });
      return [
        inward(`${room}-imports-inward-only`, { pathNot: testCode }, []),
        // What looks at clusters may be tried on simulated ones.
        inward(
          `tests-of-${room}-import-inward-only`,
          { path: [`^src/${room}/.*(${testCode.join("|")})`] },
          onSandbox.has(room) ? ["sandbox"] : [],
        ),
      ];
    }),
    {
      name: "upgrade-is-pure",
      comment: "The domain reads no clock, network or disk.",
      severity: "error",
      from: { path: "^src/upgrade/", pathNot: "\\.test\\.ts$" },
      // croner reads cron expressions: pure, given the time.
      to: { pathNot: ["^src/upgrade/", leaves, "^node_modules/croner/"] },
    },
    {
      name: "sandbox-simulates-in-step",
      comment: "What is simulated has no time but the timeline's and no I/O: docs/adr/0005-the-sandbox-is-one-synchronous-process.md.",
      severity: "error",
      from: {
        path: "^src/sandbox/(controllers|infrastructure|workload|engine|store|conditions)/",
        pathNot: ["\\.test\\.ts$", "/testing/"],
      },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(util|crypto)$" },
    },
    {
      name: "no-test-code-in-the-product",
      severity: "error",
      from: { path: "^src/", pathNot: ["\\.test\\.ts$", "/testing/"] },
      to: { path: ["\\.test\\.ts$", "/testing/", "^test/", "^bench/", "^scripts/"] },
    },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "not-to-dev-dep",
      severity: "error",
      from: { path: "^src/", pathNot: ["\\.test\\.ts$", "/testing/"] },
      to: { dependencyTypes: ["npm-dev"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
