import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { httpClient } from "../../src/http/http-client.ts";
import type { HttpAnswer, HttpCall } from "../../src/http/send-http.ts";
import { ensureBinaries } from "./build.ts";
import { forgeModules } from "./components.ts";
import { freePort } from "./ports.ts";
import { processes } from "./processes.ts";
import { run, startSeconds } from "./stack.ts";

export interface GiteaUser {
  readonly name: string;
  readonly token: string;
}

/** A real Gitea 1.26 on 127.0.0.1 with SQLite, everything in a temporary folder. About 3 s with the binary cached. */
export interface RunningGitea {
  readonly url: string;
  /** May do what docs/pull-requests.md says that the product's token needs, and nothing else. */
  readonly bot: GiteaUser;
  /** Owns the repositories; may do everything. */
  readonly ada: GiteaUser;
  /** Another token of `bot`. */
  botToken(scopes: string): Promise<string>;
  /** Asks the API as `ada`; gives the answer's JSON. Rejects when it is no success. */
  api(method: HttpCall["method"], path: string, body?: unknown): Promise<Json>;
  /** `ada/NAME` with these files in one commit on `main`, which everybody may read and `bot` may push to. Gives its URL. */
  repository(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Files made or written by `ada`, in one commit on `main` of a repository of hers; gives the commit. */
  commit(name: string, message: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** An image with these tags in its container registry, which only `ada` and `bot` may read: its owner is a private organisation. Gives `HOST/ORGANISATION/NAME`. */
  privateImage(organisation: string, name: string, ...tags: readonly string[]): Promise<string>;
  /** The bare repository itself, to read from. */
  gitFolder(name: string): string;
  stop(): Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the JSON of any answer, as the test expects it
type Json = any;

export async function startGitea(log: (line: string) => void): Promise<RunningGitea> {
  const binaries = await ensureBinaries(log, forgeModules);
  const program = binaries.path("gitea");
  const folder = await mkdtemp(join(tmpdir(), "gitea-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, "app.ini");
  await mkdir(join(folder, "logs"));
  await writeFile(config, settings(folder, port, binaries.manifests("gitea")));
  // It writes git's global configuration: not that of whoever runs the tests, and above all not the /dev/null that they have for it, which git would replace by a file.
  const environment = {
    GIT_CONFIG_GLOBAL: join(folder, "gitconfig"),
    HOME: folder,
    GITEA_WORK_DIR: folder,
    // It does not run as root unless it is told to. Its own git hooks get this from it.
    GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: "true",
  };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const gitea = (...args: readonly string[]): Promise<string> => run("env", [...assignments, program, "--config", config, ...args]);
  const newUser = (name: string, ...more: readonly string[]): Promise<string> =>
    gitea("admin", "user", "create", "--username", name, "--email", `${name}@example.org`, "--random-password", ...more);
  let tokens = 0;
  const newToken = async (name: string, scopes: string): Promise<string> => {
    const naming = ["--username", name, "--token-name", `token-${(tokens += 1)}`, "--scopes", scopes];
    const said = await gitea("admin", "user", "generate-access-token", ...naming, "--raw");
    // It logs to the same stream, before or after, as it comes.
    const [token] = /^[0-9a-f]{40}$/m.exec(said) ?? [];
    if (token === undefined) throw new Error(`Gitea gave no token: ${said}`);
    return token;
  };

  await gitea("migrate");
  await newUser("ada", "--admin", "--must-change-password=false");
  await newUser("bot", "--must-change-password=false");
  const ada = { name: "ada", token: await newToken("ada", "all") };
  const bot = { name: "bot", token: await newToken("bot", "write:repository,write:issue") };
  const send = httpClient({ environment: {}, userAgent: "test" });
  const ask = (method: HttpCall["method"], path: string, body?: unknown): Promise<HttpAnswer> =>
    send({
      method,
      url: `${url}/api/v1${path}`,
      headers: { authorization: `token ${ada.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMilliseconds: 60_000,
      maximumBytes: 16 * 1024 * 1024,
      redirects: 0,
      signal: undefined,
    });
  const started = processes(join(folder, "logs"));
  started.start("gitea", program, ["--config", config, "web"], environment);
  await started.waitFor("gitea", async () => (await ask("GET", "/version")).status === 200, startSeconds);

  /** OCI Distribution Specification, "Push": a blob in one request, and a manifest under each tag. */
  const push = async (method: "POST" | "PUT", path: string, body: string, contentType: string): Promise<void> => {
    const authorization = `Basic ${base64(`${ada.name}:${ada.token}`)}`;
    const answer = await send({
      method,
      url: `${url}/v2/${path}`,
      headers: { authorization, "content-type": contentType },
      body,
      timeoutMilliseconds: 60_000,
      maximumBytes: 1024 * 1024,
      redirects: 0,
    });
    if (answer.status !== 201) throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.body}`);
  };

  const api: RunningGitea["api"] = async (method, path, body) => {
    const answer = await ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.body}`);
    return answer.body === "" ? undefined : JSON.parse(answer.body);
  };
  const commit: RunningGitea["commit"] = async (name, message, files) => {
    const operations = Object.entries(files).map(([file, content]) => ({ operation: "upload", path: file, content: base64(content) }));
    const made = await api("POST", `/repos/ada/${name}/contents`, { branch: "main", message, files: operations });
    return made.commit.sha;
  };
  return {
    url,
    bot,
    ada,
    api,
    commit,
    gitFolder: (name) => join(folder, "repositories", "ada", `${name}.git`),
    botToken: (scopes) => newToken("bot", scopes),
    async repository(name, files) {
      const path = `/repos/ada/${name}`;
      await api("POST", "/user/repos", { name, auto_init: true, default_branch: "main" });
      await api("PUT", `${path}/collaborators/bot`, { permission: "write" });
      await commit(name, "Start", files);
      return `${url}/ada/${name}.git`;
    },
    async privateImage(organisation, name, ...tags) {
      await api("POST", "/orgs", { username: organisation, visibility: "private" });
      const team = { name: "readers", permission: "read", units_map: { "repo.packages": "read" } };
      const { id } = await api("POST", `/orgs/${organisation}/teams`, team);
      await api("PUT", `/teams/${id}/members/bot`);
      const config = JSON.stringify({ architecture: "amd64", os: "linux" });
      const digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
      await push("POST", `${organisation}/${name}/blobs/uploads/?digest=${digest}`, config, "application/octet-stream");
      const mediaType = "application/vnd.oci.image.manifest.v1+json";
      const configured = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length };
      const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: configured, layers: [] });
      for (const tag of tags) await push("PUT", `${organisation}/${name}/manifests/${tag}`, manifest, mediaType);
      return `${new URL(url).host}/${organisation}/${name}`;
    },
    async stop() {
      await started.stopAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As Gitea takes the content of a file. */
export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** docs.gitea.com/administration/config-cheat-sheet */
function settings(folder: string, port: number, files: string): string {
  return `
APP_NAME = test
RUN_MODE = prod
WORK_PATH = ${folder}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
STATIC_ROOT_PATH = ${files}
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = ${folder}/gitea.db
SQLITE_JOURNAL_MODE = WAL
SQLITE_TIMEOUT = 30000
[repository]
ROOT = ${folder}/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = a-key-of-a-test
[indexer]
ISSUE_INDEXER_TYPE = db
[log]
MODE = console
LEVEL = Warn
[cron]
ENABLED = false
[mailer]
ENABLED = false
[service]
DISABLE_REGISTRATION = true
`;
}
