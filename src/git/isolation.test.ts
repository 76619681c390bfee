import { mkdir, writeFile, chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import type { Environment } from "./git-environment.ts";
import { configVariables, gitEnvironment } from "./git-environment.ts";
import { openRepository } from "./open-repository.ts";
import { httpRemote, tokenGate } from "./testing/http-remote.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

let remote: LocalRemote;
let home: string;
let hostile: Environment;

/** A machine whose configuration and environment do everything that could get in the way. */
beforeEach(async () => {
  remote = await localRemote();
  home = join(remote.directory, "home");
  const evil = join(remote.directory, "evil");
  await mkdir(join(home, "hooks"), { recursive: true });
  for (const hook of ["pre-push", "reference-transaction", "post-commit", "pre-commit", "commit-msg"]) {
    await writeFile(join(home, "hooks", hook), `#!/bin/sh\ntouch '${evil}'\nexit 1\n`);
    await chmod(join(home, "hooks", hook), 0o755);
  }
  await writeFile(
    join(home, ".gitconfig"),
    [
      `[core]\n\thooksPath = ${join(home, "hooks")}\n\tfsmonitor = touch '${evil}'\n\tautocrlf = true`,
      `[init]\n\ttemplateDir = ${home}`,
      "[commit]\n\tgpgSign = true\n[push]\n\tgpgSign = true\n\tfollowTags = true\n[user]\n\tsigningKey = nobody\n[i18n]\n\tcommitEncoding = latin1",
      `[url "file:///nowhere/"]\n\tinsteadOf = file://\n\tpushInsteadOf = ${remote.url}\n[remote]\n\tpushDefault = elsewhere`,
      `[fetch]\n\tprune = true\n[protocol]\n\tversion = 0\n[protocol "file"]\n\tallow = never\n[transfer]\n\thideRefs = refs/heads`,
      "[alias]\n\tpush = !false\n[trailer]\n\tifexists = replace\n[log]\n\tshowSignature = true\n\tdate = relative\n[core]\n\tpager = false\n[color]\n\tui = always",
    ].join("\n"),
  );
  hostile = {
    PATH: process.env["PATH"],
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, ".gitconfig"),
    GIT_CONFIG_SYSTEM: join(home, ".gitconfig"),
    GIT_DIR: join(remote.directory, "person", ".git"),
    GIT_WORK_TREE: home,
    GIT_INDEX_FILE: join(home, "index"),
    GIT_OBJECT_DIRECTORY: home,
    GIT_AUTHOR_NAME: "Mallory",
    GIT_COMMITTER_DATE: "2001-01-01T00:00:00Z",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.hooksPath",
    GIT_CONFIG_VALUE_0: join(home, "hooks"),
    GIT_CONFIG_PARAMETERS: "'core.hooksPath'='/x'",
    GIT_SSH_COMMAND: `touch '${evil}'`,
    GIT_ASKPASS: join(home, "hooks", "pre-push"),
    GIT_EXTERNAL_DIFF: `touch '${evil}'`,
    GIT_TRACE: evil,
    LANG: "de_DE.UTF-8",
    LANGUAGE: "de",
  };
});
afterEach(() => remote.dispose());

it.each(["nobody in particular", "ambient"])("a hostile configuration and environment change nothing (credentials: %s)", async (who) => {
  const credentials = who === "ambient" ? { credentials: { kind: "ambient" as const } } : {};
  const repository = await openRepository({ url: remote.url, ...credentials }, { clock: systemClock, environment: hostile });
  expect(await repository.transact(versionChange("v1.35.2", { title: "Größe" }))).toMatchObject({
    kind: "pushed",
    commit: await remote.tip(),
  });
  await repository.dispose();
  expect(await remote.git("log", "-1", "--format=%an|%cn|%G?|%s", "main")).toBe("Upgrade Bot|Upgrade Bot|N|Größe");
  expect(await remote.git("cat-file", "commit", "main")).not.toContain("encoding");
  expect(Number(await remote.git("log", "-1", "--format=%ct", "main"))).toBeGreaterThan(1_600_000_000);
  expect(await readdir(remote.directory)).not.toContain("evil");
});

describe("a person's own credentials", () => {
  it("come from their credential helper and http settings", async () => {
    const server = await httpRemote(remote.path, tokenGate("ada", "secret"));
    await writeFile(
      join(home, ".gitconfig"),
      '[credential]\n\thelper = "!f() { echo username=ada; echo password=secret; }; f"\n[http]\n\textraHeader = X-Own: 1\n',
    );
    const environment = { PATH: process.env["PATH"], HOME: home };
    const repository = await openRepository({ url: server.url, credentials: { kind: "ambient" } }, { clock: systemClock, environment });
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed" });
    await repository.dispose();
    await expect(openRepository({ url: server.url }, { clock: systemClock, environment })).rejects.toMatchObject({
      kind: "authentication",
    });
    await server.close();
  });
});

it("the environment of git holds nothing of the machine but the way to programs and the network", () => {
  const surrounding = {
    ...hostile,
    HTTPS_PROXY: "http://proxy",
    no_proxy: "svc",
    SSL_CERT_FILE: "/ca",
    AWS_SECRET_ACCESS_KEY: "x",
    SSH_AUTH_SOCK: "/agent",
    KUBECONFIG: "/k",
  };
  const request = { surrounding, home: "/private", protocol: "https", config: [["a.b", "c"]], variables: { X: "1" } } as const;
  const plain = gitEnvironment({ ...request, ambient: false });
  const fixed = Object.keys(plain).filter((name) => name.startsWith("GIT_"));
  expect(
    Object.keys(plain)
      .filter((name) => !name.startsWith("GIT_"))
      .sort(),
  ).toEqual(["HOME", "HTTPS_PROXY", "LC_ALL", "PATH", "SSL_CERT_FILE", "TZ", "X", "XDG_CONFIG_HOME", "no_proxy"]);
  expect(plain).toMatchObject({ HOME: "/private", GIT_CONFIG_GLOBAL: "/dev/null", GIT_ALLOW_PROTOCOL: "https", GIT_TERMINAL_PROMPT: "0" });
  expect(fixed.filter((name) => !/^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name)).sort()).toEqual([
    "GIT_ADVICE",
    "GIT_ALLOW_PROTOCOL",
    "GIT_ATTR_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DEFAULT_REF_FORMAT",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OPTIONAL_LOCKS",
    "GIT_TERMINAL_PROMPT",
  ]);
  expect(gitEnvironment({ ...request, ambient: true })).toMatchObject({
    HOME: home,
    SSH_AUTH_SOCK: "/agent",
    GIT_CONFIG_GLOBAL: "/dev/null",
  });
});

it("configuration entries travel in order", () => {
  expect(
    configVariables([
      ["a", "1"],
      ["b", "2"],
    ]),
  ).toEqual({ GIT_CONFIG_COUNT: "2", GIT_CONFIG_KEY_0: "a", GIT_CONFIG_VALUE_0: "1", GIT_CONFIG_KEY_1: "b", GIT_CONFIG_VALUE_1: "2" });
});
