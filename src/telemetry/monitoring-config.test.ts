import { readFileSync } from "node:fs";
import { array, nonEmpty, object, parse as decode, pipe, record, string, union, unknown } from "valibot";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { metricDefinitions, type MetricDefinition } from "./metric-definitions.ts";

const folder = new URL("../../config/monitoring/", import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, folder), "utf8");

const Rule = object({
  alert: string(),
  expr: string(),
  labels: object({ severity: string() }),
  annotations: object({ summary: string(), description: string() }),
});
const Rules = object({ kind: string(), spec: object({ groups: pipe(array(object({ name: string(), rules: array(Rule) })), nonEmpty()) }) });
const rules = decode(Rules, parse(text("prometheus-rules.yaml"))).spec.groups.flatMap((group) => group.rules);

const Target = object({ expr: string(), legendFormat: string() });
const Panel = union([
  object({ id: unknown(), title: string(), gridPos: record(string(), unknown()), targets: pipe(array(Target), nonEmpty()) }),
  object({ id: unknown(), title: string(), gridPos: record(string(), unknown()), panels: array(unknown()) }),
]);
const Dashboard = object({
  title: string(),
  panels: array(Panel),
  templating: object({ list: array(object({ name: string(), query: unknown() })) }),
});
const dashboard = decode(Dashboard, JSON.parse(text("grafana-dashboard.json")));
const targets = dashboard.panels.flatMap((panel) =>
  "targets" in panel ? panel.targets.map((target) => ({ title: panel.title, ...target })) : [],
);

const definitions: Readonly<Record<string, MetricDefinition>> = metricDefinitions;

/** The series of a query: a histogram's are named after it. */
function metricsIn(
  query: string,
): readonly { readonly series: string; readonly metric: string; readonly definition: MetricDefinition | undefined }[] {
  return [...query.matchAll(/\bcapi_gitops_\w+/g)].map(([series]) => {
    const histogram = series.replace(/_(bucket|sum|count)$/, "");
    const metric = definitions[histogram]?.type === "histogram" ? histogram : series;
    return { series, metric, definition: definitions[metric] };
  });
}

/** Labels that a query matches on, groups by, or that a legend or an annotation shows. */
function labelsIn(query: string): readonly string[] {
  const matchers = [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = ""]) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
  );
  const groups = [...query.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, inside = ""]) => inside.split(",").map((label) => label.trim()));
  return [...matchers, ...groups];
}

const queries = [...rules.map(({ alert, expr }) => [alert, expr] as const), ...targets.map(({ title, expr }) => [title, expr] as const)];

describe("queries of dashboard and alerts", () => {
  it.each(queries)("%s asks only for what there is: %s", (_, expr) => {
    const metrics = metricsIn(expr);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter(({ definition }) => definition === undefined)).toEqual([]);
    const known = new Set(
      metrics.flatMap(({ definition }) => [...(definition?.labels ?? []), ...(definition?.type === "histogram" ? ["le"] : [])]),
    );
    expect(labelsIn(expr).filter((label) => !known.has(label))).toEqual([]);
    // Counters are only ever asked for their growth, gauges never.
    for (const { series, definition } of metrics) {
      const grows = new RegExp(`(rate|increase)\\(${series}[{\\[]`).test(expr);
      expect(grows).toBe(definition?.type !== "gauge");
    }
  });

  it.each(queries)("%s has its brackets in pairs", (_, expr) => {
    let rest = expr.replace(/"[^"]*"/g, "");
    for (let before = ""; before !== rest;) {
      before = rest;
      rest = rest.replace(/\([^()[\]{}]*\)|\[[^()[\]{}]*\]|\{[^()[\]{}]*\}/g, "");
    }
    expect(rest).not.toMatch(/[()[\]{}]/);
  });
});

describe("alerts", () => {
  it.each(rules)("$alert shows only labels that its query keeps", ({ expr, annotations, labels }) => {
    const shown = [...`${annotations.summary} ${annotations.description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label);
    expect(shown.filter((label) => !labelsIn(expr).includes(label))).toEqual([]);
    expect(["warning", "critical"]).toContain(labels.severity);
  });

  it("are named once, and there is one for each of what must not go unnoticed", () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        "CapiGitopsUpgradeStuck",
        "CapiGitopsUpgradeReverted",
        "CapiGitopsCatalogStale",
        "CapiGitopsEndOfLifeNear",
        "CapiGitopsDown",
      ]),
    );
  });
});

describe("the dashboard", () => {
  it("has panels that do not lie on each other", () => {
    const at = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos as Record<"x" | "y" | "w" | "h", number>;
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1)
        for (let line = y; line < y + h; line += 1) {
          expect(at.get(`${column} ${line}`)).toBeUndefined();
          at.set(`${column} ${line}`, title);
        }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it("uses the variables that it has", () => {
    const has = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = targets
      .flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name = ""]) => name))
      .filter((name) => !name.startsWith("__"));
    expect(used.filter((name) => !has.has(name))).toEqual([]);
    const unknownMetrics = dashboard.templating.list
      .flatMap(({ query }) => metricsIn(JSON.stringify(query)))
      .filter(({ definition }) => definition === undefined);
    expect(unknownMetrics).toEqual([]);
  });
});

describe("docs/metrics.md", () => {
  const docs = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `(capi_gitops_\w+)`\s*\| (\w+)\s*\| ([^|]*)\|/gm)].map(([, name, type, labels = ""]) => {
    return `${name} ${type} ${[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).join(" ")}`.trim();
  });
  it("lists every metric with its labels", () => {
    expect(rows).toEqual(Object.entries(definitions).map(([name, { type, labels }]) => `${name} ${type} ${labels.join(" ")}`.trim()));
  });
});
