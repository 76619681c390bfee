import { describe, expect, it } from "vitest";
import { similarNames } from "./similar-names.ts";

const known = ["demo/capi-quickstart", "prod/web", "prod/web-2", "demo/webs", "demo/zebra", "demo/web"].map((key) => {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
});

describe("similarNames", () => {
  it.each([
    ["the same name in another namespace", "default", "capi-quickstart", ["demo/capi-quickstart"]],
    ["one letter wrong", "demo", "capi-quikstart", ["demo/capi-quickstart"]],
    ["the own namespace first", "prod", "wxb", ["prod/web", "demo/web"]],
    ["a part of the name", "demo", "quickstart", ["demo/capi-quickstart"]],
    ["several", "prod", "web", ["prod/web", "demo/web", "prod/web-2", "demo/webs"]],
    ["nothing close", "demo", "production-eu", []],
  ])("%s", (_, namespace, name, expected) => {
    expect(similarNames({ namespace, name }, known)).toEqual(expected);
  });

  it("offers five at most", () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ namespace: "a", name: `web-${index}` }));
    expect(similarNames({ namespace: "a", name: "web" }, many)).toHaveLength(5);
  });
});
