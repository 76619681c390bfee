import { describe, expect, it } from "vitest";
import { locateForge, type ForgeOverride } from "./detect.ts";

describe("where pull requests are", () => {
  it.each<[url: string, override: ForgeOverride, kind: string, api: string, repository: string]>([
    ["https://github.com/acme/fleet.git", {}, "github", "https://api.github.com", "acme/fleet"],
    ["https://x-access-token:ghp_1@github.com/acme/fleet", {}, "github", "https://api.github.com", "acme/fleet"],
    ["git@github.com:acme/fleet.git", {}, "github", "https://api.github.com", "acme/fleet"],
    ["ssh://git@ssh.github.com:443/acme/fleet.git", {}, "github", "https://api.github.com", "acme/fleet"],
    ["https://acme.ghe.com/acme/fleet", {}, "github", "https://api.acme.ghe.com", "acme/fleet"],
    ["https://github.acme.io/platform/fleet.git/", {}, "github", "https://github.acme.io/api/v3", "platform/fleet"],
    ["ssh://git@ghe.acme.io:2222/platform/fleet.git", {}, "github", "https://ghe.acme.io/api/v3", "platform/fleet"],
    ["https://gitlab.com/acme/a/b/fleet.git", {}, "gitlab", "https://gitlab.com/api/v4", "acme/a/b/fleet"],
    ["git@altssh.gitlab.com:acme/fleet.git", {}, "gitlab", "https://gitlab.com/api/v4", "acme/fleet"],
    ["https://my-gitlab.acme.io:8443/acme/fleet", {}, "gitlab", "https://my-gitlab.acme.io:8443/api/v4", "acme/fleet"],
    ["https://codeberg.org/acme/fleet.git", {}, "gitea", "https://codeberg.org/api/v1", "acme/fleet"],
    ["http://forgejo.forgejo.svc:3000/acme/fleet.git", {}, "gitea", "http://forgejo.forgejo.svc:3000/api/v1", "acme/fleet"],
    ["https://git.acme.io/acme/fleet", { kind: "gitea" }, "gitea", "https://git.acme.io/api/v1", "acme/fleet"],
    ["https://git.acme.io/acme/fleet", { apiUrl: "https://git.acme.io/api/v4/" }, "gitlab", "https://git.acme.io/api/v4", "acme/fleet"],
    [
      "https://acme.io/gitlab/acme/fleet",
      { kind: "gitlab", apiUrl: "https://acme.io/gitlab/api/v4" },
      "gitlab",
      "https://acme.io/gitlab/api/v4",
      "acme/fleet",
    ],
    // A name that says GitLab does not overrule what was said.
    ["https://gitlab.acme.io/acme/fleet", { kind: "gitea" }, "gitea", "https://gitlab.acme.io/api/v1", "acme/fleet"],
    ["https://gitlab.acme.io/acme/fleet", { apiUrl: "https://api.acme.io/api/v1" }, "gitea", "https://api.acme.io/api/v1", "acme/fleet"],
  ])("%s with %o", (url, override, kind, apiUrl, repository) => {
    expect(locateForge(url, override)).toEqual({ kind: "located", location: { kind, apiUrl, repository } });
  });

  it.each<[url: string, override: ForgeOverride]>([
    ["https://git.acme.io/acme/fleet", {}],
    ["https://notgithub.io/acme/fleet", {}],
    ["https://github.com/fleet", {}],
    ["https://github.com/acme/fleet/more", {}],
    ["https://gitlab.com/acme/%2e%2e/fleet", {}],
    ["https://github.com/acme/fleet", { apiUrl: "ftp://x" }],
    ["file:///srv/fleet.git", {}],
    ["/srv/fleet.git", {}],
  ])("%s with %o is refused", (url, override) => {
    expect(locateForge(url, override)).toMatchObject({ kind: "refused", refusal: { reason: "ForgeUnknown" } });
  });

  it("tells no password of the URL", () => {
    expect(JSON.stringify(locateForge("https://me:s3cr3t@git.acme.io/acme/fleet"))).not.toContain("s3cr3t");
  });
});
