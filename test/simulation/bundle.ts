import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** One file of JavaScript, as the product is built: a loader of TypeScript gives each closure its name as it is made, which a simulation makes millions of. */
export async function bundle(entry: URL, file: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: "inline",
    logLevel: "error",
    // Some dependencies are CommonJS and call require() for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}
