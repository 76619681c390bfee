import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { FleetFacts } from "./fleet-facts.ts";
import { boundedLabel, codeClass } from "./label-values.ts";
import { metricDefinitions, type MetricDefinition, type MetricName } from "./metric-definitions.ts";

export const upgradeOutcomes = ["proven", "reverted", "refused", "timed-out", "cancelled", "failed"] as const;
export type UpgradeOutcome = (typeof upgradeOutcomes)[number];

const notificationOutcomes = ["sent", "failed", "dropped"] as const;

/** What happens is told here; what is true is read from `FleetFacts` at each scrape. Never throws: a metric is no reason to fail. */
export interface Metrics {
  /** In Prometheus' text format. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
  leads(isLeader: boolean): void;
  /** `seconds` from its first write; undefined: it never wrote. */
  upgradeEnded(upgrade: {
    readonly policy: string | undefined;
    readonly outcome: UpgradeOutcome;
    readonly seconds: number | undefined;
  }): void;
  stepWritten(step: "topology" | "control-plane" | "pool" | "repair" | "retire-template"): void;
  /** Once for each time that a refusal or contradiction appears, not for each look at it. */
  refused(reason: string): void;
  contradicted(reason: string): void;
  /** `status` undefined: no answer. */
  apiRequest(request: { readonly verb: string; readonly status: number | undefined }): void;
  gitOperation(operation: { readonly operation: string; readonly outcome: "done" | "refused" | "failed"; readonly seconds: number }): void;
  reconciled(run: {
    readonly controller: string;
    readonly result: "done" | "waiting" | "stalled" | "failed";
    readonly seconds: number;
  }): void;
  watchRestarted(reason: string): void;
  notified(notification: { readonly form: string; readonly outcome: (typeof notificationOutcomes)[number] }): void;
}

export interface MetricsOptions {
  readonly version: string;
  readonly fleet: () => FleetFacts;
  /** Values that may come. Prometheus sees no growth in a series that begins at 1, so what an alert must notice at its first time begins at 0. */
  readonly expected?: {
    readonly refusals?: readonly string[];
    readonly contradictions?: readonly string[];
    readonly notificationForms?: readonly string[];
  };
  /** Node's own (memory, garbage collection, event loop); false in tests. */
  readonly nodeMetrics?: boolean;
}

const none = "none";

export function operatorMetrics({ version, fleet: fleetNow, expected = {}, nodeMetrics = true }: MetricsOptions): Metrics {
  const registry = new Registry();
  /** Read once a scrape, whatever many metrics tell of it. */
  let facts: FleetFacts | undefined;
  const fleet = (): FleetFacts => (facts ??= fleetNow());
  // The event loop is looked at 10 times a second, not 100 times: an idle operator should sleep.
  if (nodeMetrics) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const counter = (name: MetricName, collect?: () => void): Counter =>
    new Counter({ name, ...settings(name), registers: [registry], ...(collect === undefined ? {} : { collect }) });
  const histogram = (name: MetricName): Histogram => new Histogram({ name, ...settings(name), registers: [registry] });
  const gauge = (name: MetricName, collect?: (gauge: Gauge) => void): Gauge => {
    const made: Gauge = new Gauge({
      name,
      ...settings(name),
      registers: [registry],
      ...(collect === undefined
        ? {}
        : {
            collect: () => {
              made.reset();
              collect(made);
            },
          }),
    });
    return made;
  };
  const policies = boundedLabel(200);
  const reasons = boundedLabel(200);
  const verbs = boundedLabel(20);
  const operations = boundedLabel(30);
  const controllers = boundedLabel(30);
  const forms = boundedLabel(20);
  fleetGauges(gauge, fleet);
  gauge("capi_gitops_build_info").set({ version }, 1);
  const leader = gauge("capi_gitops_leader");
  leader.set(0);
  const ended = counter("capi_gitops_upgrades_ended_total", () => {
    for (const { name } of fleet().policies) for (const outcome of upgradeOutcomes) ended.inc({ policy: policies(name), outcome }, 0);
  });
  const duration = histogram("capi_gitops_upgrade_duration_seconds");
  const steps = counter("capi_gitops_steps_total");
  const refusals = counter("capi_gitops_refusals_total");
  const contradictions = counter("capi_gitops_contradictions_total");
  const requests = counter("capi_gitops_api_requests_total");
  const git = counter("capi_gitops_git_operations_total");
  const gitDuration = histogram("capi_gitops_git_operation_duration_seconds");
  const reconciles = counter("capi_gitops_reconciles_total");
  const reconcileDuration = histogram("capi_gitops_reconcile_duration_seconds");
  const watches = counter("capi_gitops_watch_restarts_total");
  const notifications = counter("capi_gitops_notifications_total");
  for (const reason of expected.refusals ?? []) refusals.inc({ reason: reasons(reason) }, 0);
  for (const reason of expected.contradictions ?? []) contradictions.inc({ reason: reasons(reason) }, 0);
  for (const form of expected.notificationForms ?? [])
    for (const outcome of notificationOutcomes) notifications.inc({ form: forms(form), outcome }, 0);
  return {
    text: async () => {
      facts = undefined;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    leads: (isLeader) => leader.set(isLeader ? 1 : 0),
    upgradeEnded: ({ policy, outcome, seconds }) => {
      ended.inc({ policy: policies(policy ?? none), outcome });
      if (seconds !== undefined) duration.observe({ outcome }, seconds);
    },
    stepWritten: (step) => steps.inc({ step }),
    refused: (reason) => refusals.inc({ reason: reasons(reason) }),
    contradicted: (reason) => contradictions.inc({ reason: reasons(reason) }),
    apiRequest: ({ verb, status }) => requests.inc({ verb: verbs(verb), code: codeClass(status) }),
    gitOperation: ({ operation, outcome, seconds }) => {
      git.inc({ operation: operations(operation), outcome });
      gitDuration.observe({ operation: operations(operation) }, seconds);
    },
    reconciled: ({ controller, result, seconds }) => {
      reconciles.inc({ controller: controllers(controller), result });
      reconcileDuration.observe({ controller: controllers(controller) }, seconds);
    },
    watchRestarted: (reason) => watches.inc({ reason: reasons(reason) }),
    notified: ({ form, outcome }) => notifications.inc({ form: forms(form), outcome }),
  };
}

function settings(name: MetricName): { help: string; labelNames: string[]; buckets: number[] } {
  const { help, labels, buckets = [] }: MetricDefinition = metricDefinitions[name];
  return { help, labelNames: [...labels], buckets: [...buckets] };
}

function fleetGauges(gauge: (name: MetricName, collect: (gauge: Gauge) => void) => Gauge, fleet: () => FleetFacts): void {
  gauge("capi_gitops_cluster_info", (info) => {
    for (const { namespace, name, policy = none, declared = none, running = none } of fleet().clusters)
      info.set({ namespace, cluster: name, policy, declared, running }, 1);
  });
  gauge("capi_gitops_cluster_supported_until_timestamp_seconds", (until) => {
    for (const { namespace, name, supportedUntil } of fleet().clusters)
      if (supportedUntil !== undefined) until.set({ namespace, cluster: name }, supportedUntil / 1000);
  });
  gauge("capi_gitops_upgrades", (upgrades) => {
    for (const { policy = none, phase } of fleet().upgrades) upgrades.inc({ policy, phase });
  });
  gauge("capi_gitops_upgrades_waiting", (waiting) => {
    for (const { policy = none, waitingFor } of fleet().upgrades)
      if (waitingFor !== undefined) waiting.inc({ policy, waiting_for: waitingFor });
  });
  gauge("capi_gitops_upgrade_stuck_since_timestamp_seconds", (stuck) => {
    for (const { namespace, cluster, stuckSince } of fleet().upgrades)
      if (stuckSince !== undefined) stuck.set({ namespace, cluster }, stuckSince / 1000);
  });
  gauge("capi_gitops_window_open", (open) => {
    for (const { name, windowOpen } of fleet().policies) open.set({ policy: name }, windowOpen ? 1 : 0);
  });
  gauge("capi_gitops_window_opens_timestamp_seconds", (opens) => {
    for (const { name, windowOpensAt } of fleet().policies)
      if (windowOpensAt !== undefined) opens.set({ policy: name }, windowOpensAt / 1000);
  });
  gauge("capi_gitops_catalog_confirmed_timestamp_seconds", (confirmed) => {
    for (const { name, confirmedAt = 0 } of fleet().catalogs) confirmed.set({ catalog: name }, confirmedAt / 1000);
  });
  gauge("capi_gitops_catalog_releases", (count) => {
    for (const { name, releases } of fleet().catalogs) count.set({ catalog: name }, releases);
  });
  gauge("capi_gitops_queue_depth", (depths) => {
    for (const { controller, depth } of fleet().queues) depths.set({ controller }, depth);
  });
}
