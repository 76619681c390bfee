import { describe, expect, it } from "vitest";
import { renderTemplate, renderValue, valueAt } from "./value-template.ts";

const data = {
  builtin: { controlPlane: { version: "v1.34.0+build.1", replicas: 3 }, cluster: { name: "edge", network: { pods: ["10.0.0.0/8"] } } },
  registry: "r.example.com",
  empty: "",
  on: true,
  hosts: [{ name: "a" }, { name: "b" }],
};

// What text/template with sprig gives.
describe("templates of patches", () => {
  it.each([
    ["plain", "plain"],
    ['kindest/node:{{ .builtin.controlPlane.version | replace "+" "_" }}', "kindest/node:v1.34.0_build.1"],
    ["{{ .missing }}", "<no value>"],
    ["{{ if .on }}yes{{ else }}no{{ end }}", "yes"],
    ["{{ if .empty }}yes{{ else if eq .builtin.controlPlane.replicas 3 }}three{{ else }}no{{ end }}", "three"],
    ["{{ if and .on (not .empty) }}both{{ end }}", "both"],
    ["{{ if or .empty .missing }}one{{ end }}", ""],
    ['{{ default "d" .empty }}{{ .registry | default "d" }}', "dr.example.com"],
    ["{{ .registry | upper | quote }}", '"R.EXAMPLE.COM"'],
    ["{{ range .hosts }}{{ .name }},{{ end }}", "a,b,"],
    ["{{ with .builtin.cluster }}{{ .name }}/{{ $.registry }}{{ end }}", "edge/r.example.com"],
    ["a  {{- /* why */ -}}  b", "ab"],
    ["{{ index .builtin.cluster.network.pods 0 }}", "10.0.0.0/8"],
    ['{{ semverCompare ">= 1.34" .builtin.controlPlane.version }}', "true"],
    ['{{ semverCompare "< v1.34.0, > 1.30" .builtin.controlPlane.version }}', "false"],
    ['{{ printf "%s-%d" .registry .builtin.controlPlane.replicas }}', "r.example.com-3"],
    ['{{ .builtin.controlPlane.version | trimPrefix "v" | trimSuffix "+build.1" }}', "1.34.0"],
  ])("%s", (template, expected) => {
    expect(renderTemplate(template, data)).toBe(expected);
  });

  it.each([
    ["kindest/node:{{ .registry }}\n", "kindest/node:r.example.com"],
    ["{{ .on }}", true],
    ["{{ .builtin.controlPlane.replicas }}", 3],
    ["name: {{ .registry }}\nlist: [a]", { name: "r.example.com", list: ["a"] }],
  ])("%j as a value", (template, expected) => {
    expect(renderValue(template, data)).toEqual(expected);
  });

  it.each([
    ["{{ .missing.deeper }}", "nil pointer evaluating"],
    ["{{ nothing .on }}", 'function "nothing" not defined'],
    ["{{ if .on }}", "unexpected EOF"],
    ["{{ end }}", "unexpected {{end}}"],
    ["{{ ( .on }}", "unclosed left paren"],
    ["{{ .on % }}", "unexpected"],
  ])("refuses %s", (template, message) => {
    expect(() => renderTemplate(template, data)).toThrow(message);
  });

  it.each([
    ["registry", "r.example.com"],
    ["builtin.cluster.network.pods[0]", "10.0.0.0/8"],
    ["hosts[1].name", "b"],
  ])("variable %s", (path, expected) => {
    expect(valueAt(data, path)).toBe(expected);
  });

  it("refuses variables that are not there", () => {
    expect(() => valueAt(data, "hosts[2].name")).toThrow('variable "hosts[2].name" does not exist');
  });
});
