import { describe, expect, it } from "vitest";
import { emptyFleet, type FleetFacts } from "./fleet-facts.ts";
import { boundedLabel, codeClass } from "./label-values.ts";
import { metricDefinitions } from "./metric-definitions.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { operatorMetrics } from "./metrics.ts";

const none = (): FleetFacts => emptyFleet;

/** The lines of one metric, as Prometheus reads them. */
async function linesOf(metrics: { text(): Promise<{ body: string }> }, name: string): Promise<readonly string[]> {
  const { body } = await metrics.text();
  return body.split("\n").filter((line) => line.startsWith(name));
}

describe("metrics", () => {
  it("are all there, with a help text, before anything happened", async () => {
    const { body, contentType } = await operatorMetrics({ version: "1.2.3", fleet: none, nodeMetrics: false }).text();
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    const typed = body.split("\n").flatMap((line) => /^# TYPE (\S+) (\S+)$/.exec(line)?.slice(1).join(" ") ?? []);
    expect(typed.sort()).toEqual(
      Object.entries(metricDefinitions)
        .map(([name, { type }]) => `${name} ${type}`)
        .sort(),
    );
  });

  it.each(Object.entries(metricDefinitions))("%s is named by Prometheus' rules", (name, { type, help }) => {
    expect(name).toMatch(/^capi_gitops_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
  });

  it("tell what is true of the fleet at each scrape, and forget what is gone", async () => {
    let facts: FleetFacts = {
      clusters: [
        {
          namespace: "capi",
          name: "prod-1",
          policy: "prod",
          declared: "v1.35.2",
          running: "v1.34.3",
          supportedUntil: Date.UTC(2026, 9, 27),
        },
        { namespace: "capi", name: "new", policy: undefined, declared: undefined, running: undefined, supportedUntil: undefined },
      ],
      upgrades: [
        { namespace: "capi", cluster: "prod-1", policy: "prod", phase: "Upgrading", waitingFor: undefined, stuckSince: 5_000 },
        { namespace: "capi", cluster: "prod-2", policy: "prod", phase: "Waiting", waitingFor: "window", stuckSince: undefined },
        { namespace: "capi", cluster: "prod-3", policy: "prod", phase: "Waiting", waitingFor: "window", stuckSince: undefined },
      ],
      policies: [
        { name: "prod", windowOpen: false, windowOpensAt: 9_000 },
        { name: "open", windowOpen: true, windowOpensAt: undefined },
      ],
      catalogs: [
        { name: "all", releases: 40, confirmedAt: 7_000 },
        { name: "mute", releases: 0, confirmedAt: undefined },
      ],
      queues: [{ controller: "upgrade", depth: 3 }],
    };
    const metrics = operatorMetrics({ version: "1", fleet: () => facts, nodeMetrics: false });
    const { body } = await metrics.text();
    const lines = body
      .split("\n")
      .filter((line) => /^capi_gitops_(cluster|upgrade|window|catalog|queue)/.test(line) && !line.startsWith("capi_gitops_upgrades_ended"));
    expect(lines).toEqual([
      'capi_gitops_cluster_info{namespace="capi",cluster="prod-1",policy="prod",declared="v1.35.2",running="v1.34.3"} 1',
      'capi_gitops_cluster_info{namespace="capi",cluster="new",policy="none",declared="none",running="none"} 1',
      'capi_gitops_cluster_supported_until_timestamp_seconds{namespace="capi",cluster="prod-1"} 1793059200',
      'capi_gitops_upgrades{policy="prod",phase="Upgrading"} 1',
      'capi_gitops_upgrades{policy="prod",phase="Waiting"} 2',
      'capi_gitops_upgrades_waiting{policy="prod",waiting_for="window"} 2',
      'capi_gitops_upgrade_stuck_since_timestamp_seconds{namespace="capi",cluster="prod-1"} 5',
      'capi_gitops_window_open{policy="prod"} 0',
      'capi_gitops_window_open{policy="open"} 1',
      'capi_gitops_window_opens_timestamp_seconds{policy="prod"} 9',
      'capi_gitops_catalog_confirmed_timestamp_seconds{catalog="all"} 7',
      'capi_gitops_catalog_confirmed_timestamp_seconds{catalog="mute"} 0',
      'capi_gitops_catalog_releases{catalog="all"} 40',
      'capi_gitops_catalog_releases{catalog="mute"} 0',
      'capi_gitops_queue_depth{controller="upgrade"} 3',
    ]);
    facts = emptyFleet;
    expect(
      (await metrics.text()).body
        .split("\n")
        .filter(
          (line) => /^capi_gitops_(cluster|upgrade|window|catalog|queue).*[{]/.test(line) && !line.startsWith("capi_gitops_upgrades_ended"),
        ),
    ).toEqual([]);
  });

  it("count what happens", async () => {
    const metrics = operatorMetrics({ version: "1", fleet: none, nodeMetrics: false });
    metrics.leads(true);
    metrics.upgradeEnded({ policy: "prod", outcome: "proven", seconds: 1200 });
    metrics.upgradeEnded({ policy: undefined, outcome: "refused", seconds: undefined });
    metrics.stepWritten("control-plane");
    metrics.refused("VersionSkew");
    metrics.contradicted("ChangeWasReverted");
    metrics.apiRequest({ verb: "GET", status: 404 });
    metrics.gitOperation({ operation: "push", outcome: "done", seconds: 0.3 });
    metrics.reconciled({ controller: "upgrade", result: "waiting", seconds: 0.01 });
    metrics.watchRestarted("Gone");
    metrics.notified({ form: "slack", outcome: "sent" });
    const { body } = await metrics.text();
    const counted = body.split("\n").filter((line) => / [1-9]/.test(line) && !line.startsWith("#") && !/bucket|_sum/.test(line));
    expect(counted).toEqual([
      'capi_gitops_build_info{version="1"} 1',
      "capi_gitops_leader 1",
      'capi_gitops_upgrades_ended_total{policy="prod",outcome="proven"} 1',
      'capi_gitops_upgrades_ended_total{policy="none",outcome="refused"} 1',
      'capi_gitops_upgrade_duration_seconds_count{outcome="proven"} 1',
      'capi_gitops_steps_total{step="control-plane"} 1',
      'capi_gitops_refusals_total{reason="VersionSkew"} 1',
      'capi_gitops_contradictions_total{reason="ChangeWasReverted"} 1',
      'capi_gitops_api_requests_total{verb="GET",code="4xx"} 1',
      'capi_gitops_git_operations_total{operation="push",outcome="done"} 1',
      'capi_gitops_git_operation_duration_seconds_count{operation="push"} 1',
      'capi_gitops_reconciles_total{controller="upgrade",result="waiting"} 1',
      'capi_gitops_reconcile_duration_seconds_count{controller="upgrade"} 1',
      'capi_gitops_watch_restarts_total{reason="Gone"} 1',
      'capi_gitops_notifications_total{form="slack",outcome="sent"} 1',
    ]);
    expect(await linesOf(metrics, 'capi_gitops_upgrade_duration_seconds_bucket{le="900"')).toEqual([
      'capi_gitops_upgrade_duration_seconds_bucket{le="900",outcome="proven"} 0',
    ]);
    expect(await linesOf(metrics, 'capi_gitops_upgrade_duration_seconds_bucket{le="1800"')).toEqual([
      'capi_gitops_upgrade_duration_seconds_bucket{le="1800",outcome="proven"} 1',
    ]);
  });

  it("begin at 0 where an alert must notice the first time", async () => {
    const fleet = (): FleetFacts => ({ ...emptyFleet, policies: [{ name: "prod", windowOpen: true, windowOpensAt: undefined }] });
    const expected = { refusals: ["VersionSkew"], contradictions: ["ChangeWasReverted"], notificationForms: ["slack"] };
    const metrics = operatorMetrics({ version: "1", fleet, expected, nodeMetrics: false });
    metrics.upgradeEnded({ policy: "prod", outcome: "proven", seconds: 1 });
    expect(await linesOf(metrics, "capi_gitops_upgrades_ended_total{")).toEqual(
      ["proven", "reverted", "refused", "timed-out", "cancelled", "failed"].map(
        (outcome) => `capi_gitops_upgrades_ended_total{policy="prod",outcome="${outcome}"} ${outcome === "proven" ? 1 : 0}`,
      ),
    );
    expect(await linesOf(metrics, "capi_gitops_refusals_total{")).toEqual(['capi_gitops_refusals_total{reason="VersionSkew"} 0']);
    expect(await linesOf(metrics, "capi_gitops_contradictions_total{")).toEqual([
      'capi_gitops_contradictions_total{reason="ChangeWasReverted"} 0',
    ]);
    expect(await linesOf(metrics, "capi_gitops_notifications_total{")).toHaveLength(3);
  });

  it("belong to their own registry: two operators in one process do not meet", async () => {
    const [one, two] = [operatorMetrics({ version: "1", fleet: none }), operatorMetrics({ version: "2", fleet: none })];
    one.refused("A");
    expect(await linesOf(two, "capi_gitops_refusals_total{")).toEqual([]);
    expect(await linesOf(one, "process_resident_memory_bytes")).toHaveLength(1);
  });

  it("stay at two series a cluster for 5,000 clusters, whatever servers answer", async () => {
    const clusters = Array.from({ length: 5000 }, (_, index) => ({
      namespace: `team-${index % 50}`,
      name: `cluster-${index}`,
      policy: `policy-${index % 20}`,
      declared: "v1.35.2",
      running: "v1.35.2",
      supportedUntil: 1,
    }));
    const upgrades = clusters.map(({ namespace, name, policy }, index) => ({
      namespace,
      cluster: name,
      policy,
      phase: index % 2 === 0 ? "Waiting" : "Upgrading",
      waitingFor: "window" as const,
      stuckSince: undefined,
    }));
    const metrics = operatorMetrics({ version: "1", fleet: () => ({ ...emptyFleet, clusters, upgrades }), nodeMetrics: false });
    for (let index = 0; index < 5000; index += 1) {
      metrics.refused(`Reason${index}`);
      metrics.upgradeEnded({ policy: `policy-${index}`, outcome: "proven", seconds: index });
      metrics.apiRequest({ verb: `VERB${index}`, status: 100 + (index % 500) });
    }
    const { body } = await metrics.text();
    const series = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(series.filter((line) => line.startsWith("capi_gitops_cluster_"))).toHaveLength(10_000);
    expect(series.filter((line) => !line.startsWith("capi_gitops_cluster_")).length).toBeLessThan(800);
    expect(series).toContain('capi_gitops_refusals_total{reason="Other"} 4800');
  });
});

describe("label values", () => {
  it.each([
    [
      ["a", "b", "c", "a"],
      ["a", "b", "Other", "a"],
    ],
    [
      ["with space", "a\nb", "", "ok/v1.0:x+y"],
      ["Other", "Other", "Other", "ok/v1.0:x+y"],
    ],
  ])("%j become %j", (values, expected) => {
    expect(values.map(boundedLabel(2))).toEqual(expected);
  });
  it.each([
    [200, "2xx"],
    [404, "4xx"],
    [599, "5xx"],
    [undefined, "none"],
    [0, "none"],
    [600, "none"],
  ])("status %s is %s", (status, expected) => {
    expect(codeClass(status)).toBe(expected);
  });
});

describe("the metrics server", () => {
  it("answers Prometheus and the kubelet, and nobody else", async () => {
    let [unhealthy, unready]: (string | undefined)[] = [undefined, "the caches are being filled"];
    const server = await startMetricsServer({
      metrics: operatorMetrics({ version: "1", fleet: none, nodeMetrics: false }),
      host: "127.0.0.1",
      port: 0,
      unhealthy: () => unhealthy,
      unready: () => unready,
    });
    const ask = async (path: string, method = "GET"): Promise<string> => {
      // oxlint-disable-next-line no-restricted-globals -- the test is the client
      const response = await fetch(`${server.url}${path}`, { method });
      return `${response.status} ${(await response.text()).split("\n")[0]}`;
    };
    try {
      expect(await ask("/metrics")).toMatch(/^200 # HELP capi_gitops_/);
      expect(await ask("/healthz")).toBe("200 ok");
      expect(await ask("/readyz?verbose")).toBe("503 the caches are being filled");
      unready = undefined;
      unhealthy = "no progress for 10 min";
      expect(await ask("/readyz")).toBe("200 ok");
      expect(await ask("/healthz")).toBe("503 no progress for 10 min");
      expect(await ask("/healthz", "HEAD")).toBe("503 ");
      expect(await ask("/metrics", "POST")).toBe("405 Only GET and HEAD.");
      expect(await ask("/debug")).toMatch(/^404 /);
      const port = Number(new URL(server.url).port);
      await expect(
        startMetricsServer({
          metrics: { text: () => Promise.reject(new Error("x")) },
          host: "127.0.0.1",
          port,
          unhealthy: () => undefined,
          unready: () => undefined,
        }),
      ).rejects.toMatchObject({ code: "EADDRINUSE" });
    } finally {
      await server.close();
    }
  });

  it("says so when the metrics cannot be collected", async () => {
    const metrics = operatorMetrics({
      version: "1",
      fleet: () => {
        throw new Error("no facts");
      },
      nodeMetrics: false,
    });
    const server = await startMetricsServer({ metrics, host: "127.0.0.1", port: 0, unhealthy: () => undefined, unready: () => undefined });
    try {
      // oxlint-disable-next-line no-restricted-globals -- the test is the client
      expect((await fetch(`${server.url}/metrics`)).status).toBe(500);
    } finally {
      await server.close();
    }
  });
});
