import { parse } from "yaml";
import type { HelmRenderer, HelmRequest } from "../helm-renderer.ts";

/** A small Helm: `{{ .Values.a.b }}`, `{{ .Release.Name }}`, `{{ .Release.Namespace }}` and `{{ random }}`; enough to be experimented on. */
export function smallHelm(): HelmRenderer & { readonly requests: HelmRequest[] } {
  const requests: HelmRequest[] = [];
  let count = 0;
  return {
    requests,
    render(request) {
      requests.push(request);
      const { files, chart, values, releaseName, namespace } = request;
      const inChart = (path: string) => (chart === "" ? path : `${chart}/${path}`);
      let merged: Record<string, unknown> = {};
      for (const path of [inChart("values.yaml"), ...values]) {
        const text = files.get(path);
        if (text === undefined && path !== inChart("values.yaml")) return Promise.resolve({ kind: "failed", why: `no ${path}` });
        merged = merge(merged, (parse(text ?? "") ?? {}) as Record<string, unknown>);
      }
      const rendered: string[] = [];
      for (const [path, text] of files) {
        if (!path.startsWith(inChart("templates/"))) continue;
        rendered.push(
          text.replace(/\{\{ ([^}]+) \}\}/g, (_, expression: string) => {
            if (expression === ".Release.Name") return releaseName;
            if (expression === ".Release.Namespace") return namespace;
            if (expression === "random") return `x${(count += 1)}`;
            const found = expression
              .split(".")
              .slice(2)
              .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], merged);
            return found === undefined ? "" : (found as { toString(): string }).toString();
          }),
        );
      }
      const text = rendered.join("\n---\n");
      return Promise.resolve(text.includes("FAIL") ? { kind: "failed", why: "template says FAIL" } : { kind: "rendered", text });
    },
  };
}

function merge(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  const result = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const old = result[key];
    result[key] = isRecord(old) && isRecord(value) ? merge(old, value) : value;
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
