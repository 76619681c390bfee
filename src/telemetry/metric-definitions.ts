/** Every metric of the operator's own, as data: what docs, dashboard and alerts may name. Besides these there are Node's (`nodejs_*`, `process_*`). */
export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

const minute = 60;
const hour = 3600;
const upgradeBuckets = [5 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 24 * hour, 72 * hour, 168 * hour];
const workBuckets = [0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120];

/**
 * Series grow with clusters only where the name begins with `capi_gitops_cluster_` or `capi_gitops_upgrade_stuck_`: two for each cluster, so 10,000 for 5,000 clusters.
 * All other labels have few values, and `label-values.ts` holds them to it.
 */
export const metricDefinitions = {
  capi_gitops_build_info: { type: "gauge", help: "1, with the version of the operator.", labels: ["version"] },
  capi_gitops_leader: { type: "gauge", help: "1 in the replica that leads, 0 in others.", labels: [] },
  capi_gitops_cluster_info: {
    type: "gauge",
    help: "1 for each cluster: the version that is declared, the oldest that a machine runs, and the policy that applies.",
    labels: ["namespace", "cluster", "policy", "declared", "running"],
  },
  capi_gitops_cluster_supported_until_timestamp_seconds: {
    type: "gauge",
    help: "When the oldest minor that runs in the cluster stops getting patches, in Unix time. Absent where no catalog knows.",
    labels: ["namespace", "cluster"],
  },
  capi_gitops_upgrades: { type: "gauge", help: "Upgrades that have not ended, by phase.", labels: ["policy", "phase"] },
  capi_gitops_upgrades_waiting: {
    type: "gauge",
    help: "Upgrades that wait for a window, an approval, a place under maxConcurrent or a review.",
    labels: ["policy", "waiting_for"],
  },
  capi_gitops_upgrade_stuck_since_timestamp_seconds: {
    type: "gauge",
    help: "Since when an upgrade makes no progress, in Unix time, once that is a third of what its policy allows. Absent for those that do.",
    labels: ["namespace", "cluster"],
  },
  capi_gitops_window_open: { type: "gauge", help: "1 while a policy's maintenance window is open, 0 otherwise.", labels: ["policy"] },
  capi_gitops_window_opens_timestamp_seconds: {
    type: "gauge",
    help: "When a policy's maintenance window opens next, in Unix time. Absent while it is open, and where it opens never again.",
    labels: ["policy"],
  },
  capi_gitops_upgrades_ended_total: { type: "counter", help: "Upgrades that ended, by how.", labels: ["policy", "outcome"] },
  capi_gitops_upgrade_duration_seconds: {
    type: "histogram",
    help: "From the first write of an upgrade to its end.",
    labels: ["outcome"],
    buckets: upgradeBuckets,
  },
  capi_gitops_steps_total: { type: "counter", help: "Steps of upgrades that were written, by what they changed.", labels: ["step"] },
  capi_gitops_refusals_total: { type: "counter", help: "Refusals that were new, by reason.", labels: ["reason"] },
  capi_gitops_contradictions_total: {
    type: "counter",
    help: "Reverts, wedges and other contradictions that were new, by reason.",
    labels: ["reason"],
  },
  capi_gitops_catalog_confirmed_timestamp_seconds: {
    type: "gauge",
    help: "When all sources of a release catalog had last answered, in Unix time; 0 while one never has.",
    labels: ["catalog"],
  },
  capi_gitops_catalog_releases: { type: "gauge", help: "Releases in a catalog.", labels: ["catalog"] },
  capi_gitops_api_requests_total: {
    type: "counter",
    help: "Requests to Kubernetes API servers, by verb and class of status.",
    labels: ["verb", "code"],
  },
  capi_gitops_git_operations_total: {
    type: "counter",
    help: "Operations on Git repositories and forges.",
    labels: ["operation", "outcome"],
  },
  capi_gitops_git_operation_duration_seconds: {
    type: "histogram",
    help: "How long operations on Git repositories and forges took.",
    labels: ["operation"],
    buckets: workBuckets,
  },
  capi_gitops_reconciles_total: { type: "counter", help: "Reconciles, by result.", labels: ["controller", "result"] },
  capi_gitops_reconcile_duration_seconds: {
    type: "histogram",
    help: "How long reconciles took.",
    labels: ["controller"],
    buckets: workBuckets,
  },
  capi_gitops_queue_depth: { type: "gauge", help: "Objects that are due and wait for a worker.", labels: ["controller"] },
  capi_gitops_watch_restarts_total: { type: "counter", help: "Watches that were begun again, by why.", labels: ["reason"] },
  capi_gitops_notifications_total: {
    type: "counter",
    help: "Notifications, by form and what became of them.",
    labels: ["form", "outcome"],
  },
} as const satisfies Readonly<Record<`capi_gitops_${string}`, MetricDefinition>>;

export type MetricName = keyof typeof metricDefinitions;
