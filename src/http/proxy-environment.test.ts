import { describe, expect, it } from "vitest";
import { proxyFromEnvironment } from "./proxy-environment.ts";

describe("proxyFromEnvironment", () => {
  it.each([
    ["https://api.test", { HTTPS_PROXY: "http://p:1" }, "http://p:1"],
    ["https://api.test", { https_proxy: "http://p:1" }, "http://p:1"],
    ["https://api.test", { HTTPS_PROXY: "http://upper", https_proxy: "http://lower" }, "http://upper"],
    ["https://api.test", { HTTPS_PROXY: "p:1" }, "http://p:1"],
    ["https://api.test", { HTTPS_PROXY: "socks5://p:1" }, "socks5://p:1"],
    ["https://api.test", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://api.test", { HTTP_PROXY: "http://p:1" }, "http://p:1"],
    ["https://api.test", {}, undefined],
    ["https://api.test", { HTTPS_PROXY: "" }, undefined],
    ["https://localhost:6443", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["https://127.0.0.9", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["https://[::1]:6443", { HTTPS_PROXY: "http://p:1" }, undefined],
  ])("%s with %j goes through %s", (server, environment, proxy) => {
    expect(proxyFromEnvironment(server, environment)).toBe(proxy);
  });

  it.each([
    ["https://api.test", "*", true],
    ["https://api.test", "other,api.test", true],
    ["https://api.test", " api.test ", true],
    ["https://api.test", "test", true],
    ["https://api.test", ".test", true],
    ["https://api.test", "*.test", true],
    ["https://API.test", "Test", true],
    ["https://test", ".test", false],
    ["https://myapi.test", "api.test", false],
    ["https://api.test", "", false],
    ["https://api.test", ",", false],
    ["https://api.test", "api.test:443", true],
    ["https://api.test:6443", "api.test:443", false],
    ["https://api.test:6443", "api.test:6443", true],
    ["https://10.1.2.3", "10.1.2.3", true],
    ["https://10.1.2.3", "2.3", false],
    ["https://10.1.2.3", "10.0.0.0/8", true],
    ["https://11.1.2.3", "10.0.0.0/8", false],
    ["https://10.1.2.3", "10.0.0.0/33", false],
    ["https://10.1.2.3", "10.0.0.0/", false],
    ["https://10.1.2.3", "fd00::/8", false],
    ["https://api.test", "10.0.0.0/8", false],
    ["https://[fd00::1]:6443", "fd00::/8", true],
    ["https://[fd00::1]:6443", "fd00::1", true],
    ["https://[fd00::1]:6443", "[fd00::1]:6443", true],
    ["https://[fd00::1]:6443", "[fd00::1]:443", false],
  ])("%s with NO_PROXY=%j is exempt: %s", (server, noProxy, exempt) => {
    expect(proxyFromEnvironment(server, { HTTPS_PROXY: "http://p:1", NO_PROXY: noProxy }) === undefined).toBe(exempt);
  });
});
