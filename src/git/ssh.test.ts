import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import type { GitCredentials } from "./credentials.ts";
import { openRepository } from "./open-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";
import { wrappedProgram } from "./testing/wrapped-program.ts";

const run = promisify(execFile);
let remote: LocalRemote;
let environment: Record<string, string>;
let log: string;

/** Stands where the network would be: notes what ssh was told, asks the real ssh what it makes of it, and runs the remote command here. */
beforeEach(async () => {
  remote = await localRemote();
  log = join(remote.directory, "ssh.log");
  const script = [
    `printf 'argv:%s\\n' "$*" >> '${log}'`,
    // Without -G's extra argument the options are those of the call; `for` finds the config file.
    `"$REAL" -G "$@" >> '${log}' 2>&1`,
    `if [ "$1" = -F ]; then cp "$2" '${join(remote.directory, "config.copy")}'; fi`,
    "for last; do :; done",
    'exec /bin/sh -c "$last"',
  ];
  const bin = await wrappedProgram(remote.directory, "ssh", script.join("\n"));
  environment = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, TMPDIR: remote.directory };
});
afterEach(() => remote.dispose());

async function keyFile(): Promise<string> {
  const path = join(remote.directory, "id");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path]);
  return path;
}

const knownHosts = "git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n";

describe("an ssh key", () => {
  it.each(["as text", "as a file"])("%s is the only one, against known hosts only; the key leaves nothing behind", async (how) => {
    const path = await keyFile();
    const privateKey = await readFile(path, "utf8");
    const credentials: GitCredentials =
      how === "as text"
        ? { kind: "ssh-key", privateKey: privateKey.trim(), knownHosts }
        : { kind: "ssh-key", privateKeyPath: path, knownHosts };
    const modes: number[] = [];
    let files: readonly string[] = [];
    const repository = await openRepository(
      { url: `git@git.example.org:${remote.path}`, credentials },
      {
        clock: systemClock,
        environment,
        onStep: async (step) => {
          if (step !== "opened") return;
          const config = await readFile(join(remote.directory, "config.copy"), "utf8");
          files = [...config.matchAll(/"(.*)"/g)].map(([, file]) => file ?? "");
          for (const file of files) modes.push((await stat(file)).mode & 0o777);
          expect(await readFile(files[0] ?? "", "utf8")).toBe(privateKey);
        },
      },
    );
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed" });
    const seen = await readFile(log, "utf8");
    for (const setting of [
      "identitiesonly yes",
      "stricthostkeychecking true",
      "batchmode yes",
      "identityagent none",
      "globalknownhostsfile /dev/null",
      "forwardagent no",
      "preferredauthentications publickey",
    ]) {
      expect(seen.split("\n")).toContain(setting);
    }
    expect(seen).toMatch(new RegExp(`^userknownhostsfile "?${files[1]}"?$`, "m"));
    expect(seen.match(/^identityfile .*$/gm)?.every((line) => line === `identityfile ${files[0]}`)).toBe(true);
    expect(seen).not.toContain(privateKey.split("\n")[1]);
    expect(modes).toEqual([0o600, 0o600]);
    await repository.dispose();
    await expect(stat(files[0] ?? "")).rejects.toThrow();
  });

  it.each([
    ["Host key verification failed.", "host-key"],
    ["No user exists for uid 65532", "configuration"],
    ["git@git.example.org: Permission denied (publickey).", "authentication"],
    ["ssh: Could not resolve hostname git.example.org: Name or service not known", "unknown-host"],
    ["ssh: connect to host git.example.org port 22: Connection timed out", "unreachable"],
    ["ERROR: Repository not found.", "not-found"],
    ["ERROR: The key you are authenticating with has been marked as read only.", "authorization"],
  ] as const)("%s means %s", async (words, kind) => {
    const bin = await wrappedProgram(remote.directory, "ssh", `echo '${words}' >&2; exit 255`);
    const open = openRepository(
      { url: "ssh://git@git.example.org/a.git", credentials: { kind: "ssh-key", privateKey: "-----BEGIN X-----", knownHosts } },
      { clock: systemClock, environment: { PATH: `${bin}:${process.env["PATH"] ?? ""}` } },
    );
    await expect(open).rejects.toMatchObject({ kind, message: expect.stringContaining(words) });
  });

  it("that the real ssh cannot use for an unknown host is refused before anything is sent", async () => {
    const open = openRepository(
      { url: "ssh://git@no-such-host.invalid/a.git", credentials: { kind: "ssh-key", privateKeyPath: await keyFile(), knownHosts } },
      { clock: systemClock },
    );
    await expect(open).rejects.toMatchObject({ kind: "unknown-host" });
  });

  it("that cannot be read is a mistake in the configuration", async () => {
    const open = openRepository(
      { url: "git@git.example.org:a.git", credentials: { kind: "ssh-key", privateKeyPath: "/no/such/key", knownHosts } },
      { clock: systemClock },
    );
    await expect(open).rejects.toMatchObject({ kind: "configuration", message: expect.stringContaining("/no/such/key") });
  });
});

describe("a person's own ssh", () => {
  it("uses their command, or ssh without questions", async () => {
    const url = `git@git.example.org:${remote.path}`;
    const plain = await openRepository(
      { url, credentials: { kind: "ambient" } },
      { clock: systemClock, environment: { ...environment, HOME: remote.directory } },
    );
    await plain.dispose();
    expect(await readFile(log, "utf8")).toContain("batchmode yes");
    await writeFile(log, "");
    await writeFile(join(remote.directory, ".gitconfig"), "[core]\n\tsshCommand = ssh -p 2222\n");
    const own = await openRepository(
      { url, credentials: { kind: "ambient" } },
      { clock: systemClock, environment: { ...environment, HOME: remote.directory } },
    );
    await own.dispose();
    expect(await readFile(log, "utf8")).toMatch(/argv:.*-p 2222/);
  });
});
