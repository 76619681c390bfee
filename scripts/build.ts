import { build } from "esbuild";
import { chmod, readFile } from "node:fs/promises";
import { buildLatePackages, leanKubeconfig } from "./lean-kubeconfig.ts";

const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };

await build({
  entryPoints: { "capi-gitops": "src/cli/main.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  legalComments: "none",
  plugins: [leanKubeconfig],
  define: { __VERSION__: JSON.stringify(version) },
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
await buildLatePackages("dist/chunks");
await chmod("dist/capi-gitops.mjs", 0o755);
