import { describe, expect, it } from "vitest";
import { readVariableTexts } from "./class-variables.ts";

describe("the values of a ClusterClass's variables", () => {
  it("are the cluster's, then those in their place for the control plane and for each pool", () => {
    const image = (value: unknown) => ({ variables: { overrides: [{ name: "osImage", value }] } });
    const topology = {
      variables: [
        { name: "vm", value: { template: "ubuntu-v1.34.0", cpus: 4, disks: [{ size: "10Gi" }] } },
        { name: "osImage", value: "ami-1" },
        { name: "proxied", value: true },
      ],
      controlPlane: image("ami-cp"),
      workers: {
        machineDeployments: [{ name: "md-0" }, { name: "md-1", class: "gpu", ...image("ami-md") }],
        machinePools: [{ name: "mp-0", ...image({ id: "ami-mp" }) }],
      },
    };
    expect(readVariableTexts(topology)).toEqual([
      { variable: "vm", of: { kind: "cluster" }, path: ["template"], value: "ubuntu-v1.34.0", versions: ["v1.34.0"] },
      { variable: "vm", of: { kind: "cluster" }, path: ["disks", 0, "size"], value: "10Gi", versions: [] },
      { variable: "osImage", of: { kind: "cluster" }, path: [], value: "ami-1", versions: [] },
      { variable: "osImage", of: { kind: "control-plane" }, path: [], value: "ami-cp", versions: [] },
      { variable: "osImage", of: { kind: "MachineDeployment", name: "md-1", className: "gpu" }, path: [], value: "ami-md", versions: [] },
      { variable: "osImage", of: { kind: "MachinePool", name: "mp-0", className: "" }, path: ["id"], value: "ami-mp", versions: [] },
    ]);
  });

  it.each([
    [{}],
    [{ variables: "x", controlPlane: { variables: [] }, workers: { machineDeployments: {} } }],
    [{ variables: [null, "x", { value: "y" }, { name: "a" }, { name: "b", value: null }] }],
  ])("none in %j", (topology) => {
    expect(readVariableTexts(topology)).toEqual([]);
  });
});
