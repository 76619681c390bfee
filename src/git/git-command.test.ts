import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { gitRunner, type GitProcessSettings } from "./git-command.ts";
import { redactorFor } from "./redact.ts";

const settings: GitProcessSettings = {
  directory: tmpdir(),
  environment: { PATH: process.env["PATH"] ?? "", GIT_CONFIG_NOSYSTEM: "1" },
  redact: redactorFor(["hunter2"]),
  timeoutSeconds: 20,
};
/** `git sleep`: an alias that runs a grandchild, as https and ssh are. */
const sleeping = ["-c", "alias.hang=!sleep 50; true", "hang"];

it("gives bytes, code, and redacted stderr", async () => {
  expect(await gitRunner(settings)(["hash-object", "--stdin"], { input: "a\n" })).toEqual({
    code: 0,
    stdout: Buffer.from("78981922613b2afb6025042ff6bd878ac1994e85\n"),
    stderr: "",
  });
  await expect(gitRunner(settings)(["hash-object", "--no-such-hunter2"])).rejects.toMatchObject({
    kind: "unknown",
    output: expect.stringContaining("no-such-***"),
  });
  expect(await gitRunner(settings)(["hash-object", "--no-such"], { accept: [129] })).toMatchObject({ code: 129 });
});

it("ends a command and what it started, when time is up or the caller wants it", async () => {
  await expect(gitRunner({ ...settings, timeoutSeconds: 0.1 })(sleeping)).rejects.toMatchObject({
    kind: "timeout",
    transient: true,
    message: expect.stringContaining("git hang did not end within 0.1 seconds"),
  });
  const controller = new AbortController();
  const running = gitRunner({ ...settings, signal: controller.signal })(sleeping);
  controller.abort(new Error("enough"));
  await expect(running).rejects.toMatchObject({ kind: "aborted", transient: false });
  await expect(gitRunner({ ...settings, signal: controller.signal })(["version"])).rejects.toMatchObject({ kind: "aborted" });
});

it("tells that git was killed, or is not there", async () => {
  await expect(gitRunner(settings)(["-c", "alias.die=!kill -9 $PPID; sleep 1", "die"])).rejects.toMatchObject({ kind: "unreachable" });
  await expect(gitRunner({ ...settings, environment: { PATH: "/nowhere" } })(["version"])).rejects.toMatchObject({ kind: "git-missing" });
});
