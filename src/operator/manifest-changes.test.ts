import { describe, expect, it } from "vitest";
import { editManifests } from "../manifests/edit-manifests.ts";
import { memoryFiles } from "../manifests/memory-files.ts";
import type { VariableChange } from "../upgrade/class-variables.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import { manifestChanges } from "./manifest-changes.ts";

const cluster = (variables: string, more = ""): string => `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: c1, namespace: demo }
spec:
  topology:
    classRef: { name: quick-start }
    version: v1.34.0 # the team's
    variables:
${variables}${more}`;

function step(...variables: readonly VariableChange[]): Extract<UpgradeStep, { kind: "topology" }> {
  const object = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "demo", name: "c1" };
  const through = { controlPlaneThrough: ["v1.35.2"], workersThrough: ["v1.35.2"] };
  return { kind: "topology", object, from: "v1.34.0", to: "v1.35.2", ...through, variables };
}

const osImage: VariableChange = { variable: "osImage", of: { kind: "cluster" }, path: [], value: "ami-1", to: "ami-2" };

/** The lines that change, or why none does. */
async function edited(files: Readonly<Record<string, string>>, wanted: UpgradeStep): Promise<readonly string[]> {
  const changes = await manifestChanges(memoryFiles(files), wanted, {});
  const result = changes.kind === "refused" ? changes : await editManifests(memoryFiles(files), changes.changes, {});
  if (result.kind === "refused") return [`${result.refusal.reason}: ${result.refusal.message}`];
  if (result.kind === "unchanged") return [];
  return [...result.files].flatMap(([file, text]) => {
    const before = (files[file] ?? "").split("\n");
    return text.split("\n").flatMap((line, index) => (line === before[index] ? [] : [`${file}: ${line.trim()}`]));
  });
}

describe("a topology's version and the image in a variable of its class", () => {
  it.each<[string, string, readonly VariableChange[], readonly string[]]>([
    [
      "wherever the variable stands in the list",
      cluster("      - { name: instanceType, value: m5.large }\n      - { name: osImage, value: ami-1 }\n"),
      [osImage],
      ["version: v1.35.2 # the team's", "- { name: osImage, value: ami-2 }"],
    ],
    [
      "a field of its value",
      cluster("      - name: osImage\n        value:\n          id: ami-1\n          disk: gp3\n"),
      [{ ...osImage, path: ["id"] }],
      ["version: v1.35.2 # the team's", "id: ami-2"],
    ],
    [
      "what stands in its place for the control plane and pools, by their names",
      cluster(
        "      - { name: osImage, value: ami-1 }\n",
        `    controlPlane: { variables: { overrides: [{ name: osImage, value: ami-1 }] } }
    workers:
      machineDeployments:
        - { class: w, name: md-1, variables: { overrides: [{ name: other, value: x }, { name: osImage, value: ami-0 }] } }
        - { class: w, name: md-0 }
      machinePools:
        - { class: w, name: mp-0, variables: { overrides: [{ name: osImage, value: ami-1 }] } }
`,
      ),
      [
        osImage,
        { ...osImage, of: { kind: "control-plane" } },
        { ...osImage, of: { kind: "MachineDeployment", name: "md-1", className: "w" }, value: "ami-0" },
        { ...osImage, of: { kind: "MachinePool", name: "mp-0", className: "w" } },
      ],
      [
        "version: v1.35.2 # the team's",
        "- { name: osImage, value: ami-2 }",
        "controlPlane: { variables: { overrides: [{ name: osImage, value: ami-2 }] } }",
        "- { class: w, name: md-1, variables: { overrides: [{ name: other, value: x }, { name: osImage, value: ami-2 }] } }",
        "- { class: w, name: mp-0, variables: { overrides: [{ name: osImage, value: ami-2 }] } }",
      ],
    ],
    ["it says so already", cluster("      - { name: osImage, value: ami-2 }\n"), [osImage], ["version: v1.35.2 # the team's"]],
    [
      "whatever stands there, where that is what is wanted",
      cluster("      - { name: osImage, value: mine }\n"),
      [{ ...osImage, value: undefined }],
      ["version: v1.35.2 # the team's", "- { name: osImage, value: ami-2 }"],
    ],
  ])("change together: %s", async (_, text, variables, expected) => {
    expect(await edited({ "c1.yaml": text }, step(...variables))).toEqual(expected.map((line) => `c1.yaml: ${line}`));
  });

  it.each<[string, string, VariableChange, RegExp]>([
    [
      "the manifest leaves it to the default of its class",
      cluster("      - { name: instanceType, value: m5.large }\n"),
      osImage,
      /^ManifestFieldMissing: Cluster demo\/c1 spec\.topology\.variables has no entry osImage where it is declared, and variable osImage is to become ami-2/,
    ],
    [
      "the manifest has no such pool",
      cluster("      - { name: osImage, value: ami-1 }\n"),
      { ...osImage, of: { kind: "MachineDeployment", name: "md-9", className: "w" } },
      /^ManifestFieldMissing: Cluster demo\/c1 spec\.topology\.workers\.machineDeployments has no entry md-9/,
    ],
    [
      "Git and the cluster do not say the same",
      cluster("      - { name: osImage, value: ami-7 }\n"),
      osImage,
      /^ManifestValueUnexpected: .*spec\.topology\.variables\.0\.value is ami-7 in c1\.yaml:9, where ami-1 was expected/,
    ],
  ])("neither changes where %s", async (_, text, change, expected) => {
    const [first = "", ...others] = await edited({ "c1.yaml": text }, step(change));
    expect(first).toMatch(expected);
    expect(others).toEqual([]);
  });

  it("each where its value comes from: an overlay's patch, in a list of its own", async () => {
    const files = {
      "base/kustomization.yaml": "resources: [c1.yaml]\n",
      "base/c1.yaml": cluster("      - { name: osImage, value: ami-0 }\n"),
      "prod/kustomization.yaml":
        "resources: [../base]\npatches:\n- target: { kind: Cluster }\n  patch: |\n    - { op: replace, path: /spec/topology/variables/0/value, value: ami-1 }\n",
    };
    expect(await edited(files, step(osImage))).toEqual([
      "base/c1.yaml: version: v1.35.2 # the team's",
      "prod/kustomization.yaml: - { op: replace, path: /spec/topology/variables/0/value, value: ami-2 }",
    ]);
  });
});
