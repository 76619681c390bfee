import { execFile, execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitRepository } from "./git-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

const run = promisify(execFile);
let remote: LocalRemote;
let repository: GitRepository;

beforeEach(async () => {
  remote = await localRemote();
  repository = await remote.open();
});
afterEach(async () => {
  await repository.dispose();
  await remote.dispose();
});

describe("ssh", () => {
  async function key(passphrase = ""): Promise<string> {
    const path = join(remote.directory, "signing");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "bot", "-f", path]);
    await writeFile(join(remote.directory, "allowed"), `bot@example.org ${await readFile(`${path}.pub`, "utf8")}`);
    return path;
  }
  const verify = (): Promise<string> =>
    remote.git("-c", `gpg.ssh.allowedSignersFile=${join(remote.directory, "allowed")}`, "log", "-1", "--format=%G?|%GS|%an|%s", "main");

  it.each(["as text", "as a file that others may read"])("signs with a key %s; git verifies it", async (how) => {
    const path = await key();
    await chmod(path, 0o644);
    const outcome = await repository.transact(
      versionChange("v1.35.2", { signing: { kind: "ssh", key: how === "as text" ? await readFile(path, "utf8") : path } }),
    );
    expect(outcome).toEqual({ kind: "pushed", commit: await remote.tip(), branch: "main", attempts: 1 });
    expect(await verify()).toBe("G|bot@example.org|Upgrade Bot|Upgrade demo to v1.35.2");
    expect(await remote.git("log", "-1", "--format=%B", "main")).toBe(
      "Upgrade demo to v1.35.2\n\nUpgrade-Id: demo-v1.35.2\nSigned-off-by: Upgrade Bot <bot@example.org>\n",
    );
    expect(await remote.show("clusters/demo.yaml")).toBe("version: v1.35.2");
  });

  it("pushes nothing unsigned when the key is of no use", async () => {
    const locked = await readFile(await key("passphrase"), "utf8");
    for (const bad of [locked, "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----", "/no/such/key"]) {
      await expect(repository.transact(versionChange("v1.35.2", { signing: { kind: "ssh", key: bad } }))).rejects.toMatchObject({
        kind: "signing",
        message: expect.not.stringContaining("PRIVATE KEY"),
      });
    }
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(0);
  });
});

// Said aloud rather than passed over: without gpg these are reported as skipped.
describe.skipIf(!installed("gpg"))("gpg", () => {
  async function keyring(
    passphrase: string,
  ): Promise<{ readonly home: string; readonly armored: string; readonly id: string; readonly environment: NodeJS.ProcessEnv }> {
    const home = join(remote.directory, "g");
    await mkdir(home, { mode: 0o700 });
    // A passphrase that is quick to check: the test is not about its strength.
    await writeFile(join(home, "gpg-agent.conf"), "s2k-count 65536\n");
    const environment = { ...process.env, GNUPGHOME: home };
    const gpg = async (...args: readonly string[]): Promise<string> =>
      (await run("gpg", ["--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase, ...args], { env: environment })).stdout;
    await gpg("--quick-generate-key", "Upgrade Bot <bot@example.org>", "ed25519", "sign", "never");
    const id = /^fpr:+([0-9A-F]+):/m.exec(await gpg("--list-secret-keys", "--with-colons"))?.[1] ?? "";
    return { home, id, environment, armored: await gpg("--export-secret-keys", "--armor") };
  }
  async function verify({ environment }: { readonly environment: NodeJS.ProcessEnv }): Promise<string> {
    const { stdout } = await run("git", ["-C", remote.path, "log", "-1", "--format=%G?|%GF|%B", "main"], { env: environment });
    return stdout;
  }
  const ended = (home: string, environment: NodeJS.ProcessEnv) =>
    run("gpgconf", ["--kill", "all"], { env: { ...environment, GNUPGHOME: home } });

  it.each(["", "open sesame 'quoted'"])(
    "signs with an armored private key, passphrase %j, in a keyring of its own that goes away",
    async (passphrase) => {
      const ring = await keyring(passphrase);
      const outcome = await repository.transact(
        versionChange("v1.35.2", { signing: { kind: "gpg", key: ring.armored, ...(passphrase === "" ? {} : { passphrase }) } }),
      );
      expect(outcome.kind).toBe("pushed");
      expect(await verify(ring)).toContain("Upgrade demo to v1.35.2\n\nUpgrade-Id");
      expect((await verify(ring)).split("|")[1]).toBe(ring.id);
      await ended(ring.home, ring.environment);
    },
  );

  it("signs with a key of the user's keyring, and says when it is not there or locked", async () => {
    const ring = await keyring("");
    const signing = { kind: "gpg", key: ring.id, gnupgHome: ring.home } as const;
    expect(await repository.transact(versionChange("v1.35.2", { signing }))).toMatchObject({ kind: "pushed" });
    expect((await verify(ring)).split("|")[1]).toBe(ring.id);
    const missing = { ...signing, key: "0".repeat(40) };
    await expect(repository.transact(versionChange("v1.35.3", { signing: missing }))).rejects.toMatchObject({ kind: "signing" });
    await expect(
      repository.transact(versionChange("v1.35.3", { signing: { kind: "gpg", key: "-----BEGIN NOTHING-----" } })),
    ).rejects.toMatchObject({ kind: "signing" });
    await ended(ring.home, ring.environment);
  });

  it("with a wrong passphrase makes no commit, and never shows it", async () => {
    const ring = await keyring("right");
    await expect(
      repository.transact(versionChange("v1.35.2", { signing: { kind: "gpg", key: ring.armored, passphrase: "wr0ng-one" } })),
    ).rejects.toMatchObject({ kind: "signing", message: expect.not.stringContaining("wr0ng-one") });
    expect(await remote.commitsWith("Upgrade-Id")).toHaveLength(0);
    await ended(ring.home, ring.environment);
  });
});

it("keys are readable by nobody else, and gone after dispose", async () => {
  const path = join(remote.directory, "k");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
  const temporary = join(remote.directory, "tmp");
  await mkdir(temporary);
  const opened = await remote.open({ environment: { PATH: process.env["PATH"], TMPDIR: temporary } });
  await opened.transact(versionChange("v1.35.9", { signing: { kind: "ssh", key: await readFile(path, "utf8") } }));
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${path}2`]);
  await opened.transact(versionChange("v1.35.10", { signing: { kind: "ssh", key: await readFile(`${path}2`, "utf8") } }));
  const [own = ""] = await readdir(temporary);
  const keys = (await readdir(join(temporary, own), { recursive: true })).filter((name) => name.endsWith("signing-key"));
  expect((await stat(join(temporary, own))).mode & 0o777).toBe(0o700);
  expect(keys).toHaveLength(2);
  for (const key of keys) expect((await stat(join(temporary, own, key))).mode & 0o777).toBe(0o600);
  await opened.dispose();
  expect(await readdir(temporary)).toEqual([]);
});

function installed(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
