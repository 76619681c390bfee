import type { Clock } from "../clock.ts";
import type { SendHttp } from "../http/send-http.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import type { Log } from "../telemetry/log.ts";
import type { NotificationTarget as Receiver } from "../telemetry/notifications/deliver.ts";
import { dedupeKeyOf, type Notification, type NotificationKind } from "../telemetry/notifications/notification.ts";
import { outbox } from "../telemetry/notifications/outbox.ts";
import type { AttemptDecision } from "../upgrade/attempt/attempt-types.ts";
import type { ClusterUpgrade } from "./api/generated/cluster-upgrade.gen.ts";
import type { NotificationEvent, NotificationTarget } from "./api/settings.ts";
import { readClusterUpgrade } from "./api/read-cluster-upgrade.ts";
import type { AvailableVersion } from "../upgrade/policy/available-versions.ts";
import type { Notify } from "./controllers/cluster-upgrade/people.ts";
import type { NotifyAvailable } from "./controllers/upgrade-policy/tell-available.ts";
import { readSecret } from "./git-access/secret-credentials.ts";
import { StalledError } from "./runtime/failure.ts";
import { lastingFault, type LastingFault } from "./runtime/lasting-fault.ts";

export interface NotifyOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly send: SendHttp;
  /** The operator's own: of the Secrets with the addresses. */
  readonly namespace: string;
  /** Names this operator to receivers. */
  readonly source: string;
  readonly signal: AbortSignal;
  readonly onDelivery?: (form: string, outcome: "sent" | "failed" | "dropped") => void;
}

export interface Notifier {
  readonly notify: Notify;
  readonly notifyAvailable: NotifyAvailable;
}

const forms = { slack: "Slack", json: "JSON", "cloud-events": "CloudEvents" } as const;

/** Sends notifications beside the work. Gives true once every receiver has had it: until then it is asked again at each look, so that what was lost is sent once more. */
export function notifier(options: NotifyOptions): Notifier {
  const { client, namespace, log, onDelivery } = options;
  const sent = new Set<string>();
  const opening = new Set<string>();
  /** By the receiver's name. What is owed is tried at each look, and told now and then. */
  const faults = new Map<string, LastingFault>();
  const faultOf = (target: string): LastingFault => {
    const known =
      faults.get(target) ??
      lastingFault({
        log,
        clock: options.clock,
        message: "notifications are not delivered",
        over: "notifications are delivered again",
        fields: { target },
      });
    faults.set(target, known);
    return known;
  };
  const box = outbox({
    send: options.send,
    clock: options.clock,
    random: options.random,
    source: options.source,
    signal: options.signal,
    onResult(target, notification, result) {
      onDelivery?.(target.form, result.kind);
      if (result.kind === "sent") {
        sent.add(`${target.name} ${notification.dedupeKey}`);
        faultOf(target.name).passed();
      } else faultOf(target.name).failed(new StalledError(result.failure.reason, result.failure.message, ""));
    },
    onFault: (error) => log.error("sending notifications failed unexpectedly", { error }),
  });

  async function post(target: NotificationTarget, name: string, notification: Notification): Promise<void> {
    const values = await readSecret(client, namespace, target.secret, options.signal);
    const { url, authorization } = values;
    if (url === undefined)
      throw new StalledError("NoReceiver", `Secret ${namespace}/${target.secret} has no key url.`, "Give it the receiver's address.");
    const receiver: Receiver = { name, form: forms[target.format], url: url.trim(), signingKey: values["hmac-key"], authorization };
    if (box.post(receiver, notification) === "dropped") onDelivery?.(receiver.form, "dropped");
  }

  /** True once all of them have had it. */
  function deliverTo(targets: readonly NotificationTarget[], notification: Notification): boolean {
    const keyOf = (target: NotificationTarget): string => `${receiverName(target)} ${notification.dedupeKey}`;
    const open = targets.filter((target) => !sent.has(keyOf(target)));
    // Whoever is told that all have it keeps that in the object's status.
    if (open.length === 0) for (const target of targets) sent.delete(keyOf(target));
    for (const target of open) {
      const key = keyOf(target);
      if (opening.has(key)) continue;
      opening.add(key);
      post(target, receiverName(target), notification)
        .catch((error: unknown) => faultOf(receiverName(target)).failed(error))
        .finally(() => opening.delete(key));
    }
    return open.length === 0;
  }

  return {
    notify(object, event, about, decision) {
      const read = readClusterUpgrade(object);
      if (read.kind === "refused") return false;
      const targets = read.value.notifications.filter(({ on }) => on.includes(event));
      return deliverTo(targets, notificationOf(object, event, about, decision, options.clock.now()));
    },
    notifyAvailable: ({ notifications }, found) =>
      deliverTo(
        notifications.filter(({ on }) => on.includes("available")),
        availableNotification(found, options.clock.now()),
      ),
  };
}

function availableNotification({ policyName, version, from, cluster, clusters, why }: AvailableVersion, at: number): Notification {
  const others = clusters === 1 ? "" : ` and ${clusters - 1} more`;
  return {
    kind: "available",
    cluster,
    policy: policyName,
    upgrade: undefined,
    from,
    to: version,
    message: `Policy ${policyName} leads to ${version}: ${cluster.namespace}/${cluster.name}${others}. ${why}`,
    remedy: undefined,
    links: [],
    at,
    // One for the policy, whichever of its clusters comes first.
    dedupeKey: ["policy", policyName, `to-${version}`, "available"].map(encodeURIComponent).join("/"),
  };
}

/** Targets of one name may differ from policy to policy. */
function receiverName({ name, secret }: NotificationTarget): string {
  return `${name} (${secret})`;
}

function notificationOf(
  object: KubernetesObject,
  event: NotificationEvent,
  about: string,
  decision: AttemptDecision,
  at: number,
): Notification {
  // The API server holds it to its schema.
  const { metadata, spec, status } = object as unknown as ClusterUpgrade;
  const { message, remedy, plan } = decision.status;
  const facts = {
    kind: kindOf(event, decision),
    cluster: { namespace: metadata.namespace ?? "", name: spec.clusterName },
    upgrade: metadata.name,
    to: spec.targetVersion,
  };
  return {
    ...facts,
    policy: spec.policyName,
    from: status?.fromVersion ?? plan?.from,
    message,
    remedy,
    links: (status?.steps ?? []).flatMap(({ pullRequest }) =>
      pullRequest === undefined ? [] : [{ title: `Pull request ${pullRequest.number}`, url: pullRequest.url }],
    ),
    at,
    dedupeKey: dedupeKeyOf(facts, about),
  };
}

function kindOf(event: NotificationEvent, { status }: AttemptDecision): NotificationKind {
  switch (event) {
    case "done":
      return "proven";
    case "stuck":
      return status.phase === "refused" || status.phase === "timed-out" ? status.phase : "stuck";
    case "available":
    case "waiting-for-approval":
    case "waiting-for-review":
    case "started":
    case "reverted":
    case "cancelled":
      return event;
    default:
      return event satisfies never;
  }
}
