import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scriptedServer, sendJson, type ScriptedServer } from "../../src/kubernetes/testing/scripted-server.ts";
import { socksProxy } from "../../src/kubernetes/testing/socks-proxy.ts";

// The build takes the client library's kubeconfig class apart (scripts/lean-kubeconfig.ts): what it loads late must still be there.

let folder = "";
let server: ScriptedServer;
const authorizations: (string | undefined)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "capi-gitops-credentials-"));
  server = await scriptedServer((request, response) => {
    authorizations.push(request.headers.authorization);
    sendJson(response, request.url === "/version" ? { gitVersion: "v1.36.3" } : { groups: [] });
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serverVersion(kubeconfig: string): Promise<unknown> {
  const file = join(folder, "kubeconfig");
  writeFileSync(file, kubeconfig);
  const args = [resolve("dist/capi-gitops.mjs"), "--kubeconfig", file, "version", "--server", "-o", "json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise((done) => child.on("close", done));
  expect(code).toBe(0);
  return (JSON.parse(out) as { kubernetes: unknown }).kubernetes;
}

it("through a SOCKS proxy", async () => {
  const proxy = await socksProxy(Number(new URL(server.url).port));
  try {
    expect(await serverVersion(server.kubeconfig({ token: "t" }, { "proxy-url": proxy.url }))).toBe("v1.36.3");
    expect(proxy.tunnels()).toBeGreaterThan(0);
  } finally {
    await proxy.close();
  }
});

it("a token that an auth-provider's command prints, found by JSONPath", async () => {
  const command = join(folder, "print-token");
  writeFileSync(command, `#!/bin/sh\necho '{"credential":{"token":"from-the-command","expiry":"2099-01-01T00:00:00Z"}}'\n`);
  chmodSync(command, 0o755);
  const config = {
    "cmd-path": command,
    "token-key": "{.credential.token}",
    "expiry-key": "{.credential.expiry}",
    expiry: "2000-01-01T00:00:00Z",
  };
  expect(await serverVersion(server.kubeconfig({ "auth-provider": { name: "gcp", config } }))).toBe("v1.36.3");
  expect(authorizations.at(-1)).toBe("Bearer from-the-command");
});
