import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

// What the recipe of the image and the manifests that run it must agree on. Building it takes an engine, which a machine that runs tests need not have.

const recipe = readFileSync("Containerfile", "utf8");
const { template } = (parse(readFileSync("config/operator/deployment.yaml", "utf8")) as { spec: { template: unknown } }).spec;
const pod = (template as { spec: { securityContext: { runAsUser: number; runAsGroup: number }; containers: { args: string[] }[] } }).spec;

describe("the image", () => {
  const { runAsUser, runAsGroup } = pod.securityContext;

  it("runs as the user that the Deployment runs it as", () => {
    expect(recipe).toMatch(new RegExp(`^USER ${runAsUser}:${runAsGroup}$`, "m"));
    expect(readFileSync("config/charts/clusterapi-gitops/templates/deployment.yaml", "utf8")).toContain(`runAsUser: ${runAsUser}\n`);
  });

  it("has a name for that user, without which ssh does not run", () => {
    expect(recipe).toMatch(new RegExp(`echo '[a-z-]+:x:${runAsUser}:${runAsGroup}:[^']*' >> /etc/passwd`));
  });

  it("is told the same command by itself and by the Deployment", () => {
    const [, command = ""] = /^CMD (\[.*\])$/m.exec(recipe) ?? [];
    expect(pod.containers[0]?.args[0]).toBe((JSON.parse(command) as string[])[0]);
  });

  it("is built from base images that can be named from outside", () => {
    expect(recipe.match(/^FROM .*$/gm)).toEqual(["FROM ${NODE} AS build", "FROM ${NODE}"]);
  });
});
