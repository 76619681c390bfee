import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { baseModules, type ModuleManifests, type ToolModule } from "./components.ts";

const toolsFolder = fileURLToPath(new URL("../../tools/", import.meta.url));
const environment = { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-trimpath -pgo=off -buildvcs=false -mod=readonly" };
const progressMilliseconds = 15_000;

export interface Binaries {
  /** Path of a binary by its name. */
  readonly path: (binary: string) => string;
  /** Folder of the YAML that is kept beside a binary, as components.ts names it. */
  readonly manifests: (binary: string) => string;
}

/**
 * Gives the real components' binaries, building what is not cached. The cache is outside the checkout and keyed by what is built from
 * (`go.mod`, `go.sum`, Go files, flags), so a fresh clone finds it. What is cached is given without waiting for who builds something else.
 * Rejects with what is missing and what to install.
 */
export async function ensureBinaries(log: (line: string) => void, modules: readonly ToolModule[] = baseModules): Promise<Binaries> {
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  const folders = new Map<string, string>();
  for (const module of modules) {
    const folder = await moduleFolder(cache, module);
    if (!isBuilt(module, folder)) await buildAlone(module, folder, join(cache, "build.lock"), log);
    for (const { binary } of module.components) folders.set(binary, folder);
  }
  const folderOf = (binary: string): string => {
    const folder = folders.get(binary);
    if (folder === undefined) throw new Error(`no component is called ${binary}`);
    return folder;
  };
  const manifestsOf = (binary: string): string => {
    const module = modules.find(({ components }) => components.some((component) => component.binary === binary));
    return manifestsFolder(module?.manifests ?? []);
  };
  return { path: (binary) => join(folderOf(binary), binary), manifests: (binary) => join(folderOf(binary), manifestsOf(binary)) };
}

/** Whether `ensureBinaries` would give these without building anything. */
export async function areCached(modules: readonly ToolModule[]): Promise<boolean> {
  const folders = await Promise.all(modules.map((module) => moduleFolder(cacheFolder(), module)));
  return modules.every((module, index) => isBuilt(module, folders[index] ?? ""));
}

function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "clusterapi-gitops");
}

/** Both binaries and manifests come into place by a rename: what is there is whole. */
function isBuilt({ components, manifests }: ToolModule, folder: string): boolean {
  const files = [...components.map(({ binary }) => binary), ...(manifests === undefined ? [] : [manifestsFolder(manifests)])];
  return files.every((file) => existsSync(join(folder, file)));
}

function manifestsFolder(manifests: readonly ModuleManifests[]): string {
  return `manifests-${createHash("sha256").update(JSON.stringify(manifests)).digest("hex").slice(0, 8)}`;
}

async function buildAlone(module: ToolModule, folder: string, lockFile: string, log: (line: string) => void): Promise<void> {
  const release = await lock(lockFile, log);
  try {
    await buildModule(module, folder, log);
  } finally {
    await release();
  }
}

async function moduleFolder(cache: string, module: ToolModule): Promise<string> {
  const { name, coldSeconds, components, tags } = module;
  const hash = createHash("sha256").update(JSON.stringify({ name, coldSeconds, components, tags })).update(environment.GOFLAGS);
  const below = await readdir(join(toolsFolder, name), { recursive: true, withFileTypes: true });
  const files = below.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // go.mod, go.sum, and the Go code of ours that some are built with.
  for (const file of files.sort()) hash.update(await readFile(file));
  return join(cache, `${module.name}-${hash.digest("hex").slice(0, 16)}`);
}

async function buildModule(module: ToolModule, folder: string, log: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const missing = module.components.filter(({ binary }) => !existsSync(join(folder, binary)));
  if (missing.length > 0) checkGo();
  for (const { binary, package: name, ldflags } of missing) {
    const target = join(folder, binary);
    log(`building ${binary} (all of ${module.name}: about ${module.coldSeconds} s on two cores when nothing is cached)`);
    const args = ["build", "-tags", module.tags ?? "", "-ldflags", ldflags, "-o", `${target}.partial`, name];
    await run("go", args, join(toolsFolder, module.name), binary, log);
    await rename(`${target}.partial`, target);
  }
  if (module.manifests !== undefined) await keepManifests(module, module.manifests, join(folder, manifestsFolder(module.manifests)));
}

async function keepManifests({ name }: ToolModule, manifests: readonly ModuleManifests[], target: string): Promise<void> {
  if (existsSync(target)) return;
  checkGo();
  await rm(`${target}.partial`, { recursive: true, force: true });
  for (const { module, from, to } of manifests) {
    const options = { cwd: join(toolsFolder, name), env: environment, encoding: "utf8" } as const;
    const downloaded = spawnSync("go", ["mod", "download", "-json", module], options);
    if (downloaded.status !== 0) throw new Error(`go mod download ${module} failed: ${downloaded.stderr}${downloaded.stdout}`);
    // `go help mod download`: the folder is in `Dir`.
    const { Dir: source } = JSON.parse(downloaded.stdout) as { readonly Dir: string };
    await cp(join(source, from), join(`${target}.partial`, to), { recursive: true, mode: 0 });
  }
  spawnSync("chmod", ["-R", "u+w", `${target}.partial`]);
  await rename(`${target}.partial`, target);
}

function checkGo(): void {
  const result = spawnSync("go", ["version"], { encoding: "utf8" });
  const version = /go1\.(\d+)/.exec(result.stdout ?? "")?.[1];
  if (version === undefined || Number(version) < 26) {
    throw new Error(
      `The real components are not cached and have to be built, which needs Go 1.26 or newer; found ${version === undefined ? "no go on the PATH" : `go1.${version}`}. ` +
        `Install it (https://go.dev/dl) and run this again. The unit tests (npm test) need none of it.`,
    );
  }
}

async function run(program: string, args: readonly string[], cwd: string, what: string, log: (line: string) => void): Promise<void> {
  const started = Date.now();
  const child = spawn(program, args, { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  const ticker = setInterval(() => log(`still building ${what} (${seconds()} s)`), progressMilliseconds);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  }).finally(() => clearInterval(ticker));
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} in ${cwd} ended with status ${status}:\n${output}`);
  log(`built ${what} in ${seconds()} s`);
}

/** One builder at a time on this machine; a lock whose owner is gone is taken over. */
async function lock(path: string, log: (line: string) => void): Promise<() => Promise<void>> {
  for (let told = false; ; told = true) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    const age =
      Date.now() -
      (await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      ));
    if (owner > 0 ? !existsSync(`/proc/${owner}`) : age > 5_000) {
      await rm(path, { force: true });
      continue;
    }
    if (!told) log(`waiting for process ${owner}, which is building the real components (lock ${path})`);
    await sleep(500);
  }
}
