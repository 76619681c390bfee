import { build } from "esbuild";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { packedWorldOf } from "../src/sandbox/worlds/bring-up.ts";
import { fleetWorld } from "../src/sandbox/worlds/fleet.ts";
import { quickStartWorld } from "../src/sandbox/worlds/quick-start.ts";
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
// Where src/cli/commands/sandbox.ts, which is in one of the chunks, looks for them. The seed is that of `--seed`'s default.
for (const [name, world] of Object.entries({ "quick-start": quickStartWorld(), fleet: fleetWorld(1) }))
  await writeFile(`dist/chunks/${name}.json.gz`, gzipSync(JSON.stringify(packedWorldOf(world, 1)), { level: 9 }));
await chmod("dist/capi-gitops.mjs", 0o755);
