import { build, type Plugin } from "esbuild";

/** Packages that the client library's kubeconfig class imports at once, and hardly anybody uses: loaded by their first call instead. */
const late = { "socks-proxy-agent": ["SocksProxyAgent"], "jsonpath-plus": ["JSONPath"] } as const;
type Late = keyof typeof late;

/** What only the library's own requests need (ours are made in src/kubernetes/send.ts): 1 MB of models and WHATWG URL tables. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  "node-fetch": ["Headers"],
  "./gen/index.js": ["createConfiguration", "ServerConfiguration"],
};

/**
 * Makes the official library's kubeconfig class (src/kubernetes/kubeconfig-library.ts) load in 10 ms rather than 60: its code stays as it is, but what it
 * imports and never calls for us is left out, and what it rarely calls becomes a file of its own.
 */
export const leanKubeconfig: Plugin = {
  name: "lean-kubeconfig",
  setup(esbuild) {
    const from = /@kubernetes\/client-node\/dist\/\w+\.js$/;
    esbuild.onResolve({ filter: /^(node-fetch|\.\/gen\/index\.js)$/ }, ({ path, importer }) =>
      from.test(importer) ? { path, namespace: "left-out" } : undefined,
    );
    esbuild.onResolve({ filter: /^(socks-proxy-agent|jsonpath-plus)$/ }, ({ path, importer }) =>
      from.test(importer) ? { path, namespace: "late" } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({ contents: (leftOut[path] ?? []).map(refusing).join("\n") }));
    // The filter of onResolve lets only the keys of `late` through.
    esbuild.onLoad({ filter: /.*/, namespace: "late" }, ({ path }) => ({
      contents: late[path as Late].map((name) => loading(path, name)).join("\n"),
    }));
  },
};

/** The packages that are loaded late, each as one CommonJS file: only those can be loaded in the middle of a synchronous call. */
export async function buildLatePackages(folder: string): Promise<void> {
  await build({
    entryPoints: Object.fromEntries(Object.keys(late).map((name) => [name, name])),
    outdir: folder,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    legalComments: "none",
  });
}

function refusing(name: string): string {
  return `export class ${name} { constructor() { throw new Error("${name} is not part of this program: scripts/lean-kubeconfig.ts"); } }`;
}

/** The packages are used with and without `new`; a function that returns an object serves either. The variable keeps esbuild from looking for the file. */
function loading(path: string, name: string): string {
  return `const file = "./${path}.cjs";
    export function ${name}(...given) { const { ${name}: use } = require(file); return new.target ? new use(...given) : use(...given); }`;
}
