import { randomBytes, randomInt } from "node:crypto";
import { hostname } from "node:os";
import { createWorkloadReader } from "../../cluster-api/workload.ts";
import { systemClock } from "../../clock.ts";
import type { OnRemoteOperation } from "../../git/observe.ts";
import { openRepository } from "../../git/open-repository.ts";
import { httpClient } from "../../http/http-client.ts";
import type { ClientOptions } from "../../kubernetes/client.ts";
import { fleetFacts } from "../../operator/fleet-facts.ts";
import { notifier } from "../../operator/notify.ts";
import { runOperator, type RunningOperator } from "../../operator/run-operator.ts";
import { LeaseLostError, leadWhenElected, type LeaderElectionOptions, type Leadership } from "../../operator/runtime/leader-election.ts";
import { parseClusterSelector } from "../../operator/runtime/cluster-selector.ts";
import { parseShard, policiesElection, shardElection, shardWords, wholeFleet, type Shard } from "../../operator/runtime/shard.ts";
import { lastingFault } from "../../operator/runtime/lasting-fault.ts";
import { contradictionReasons, countUpgradeNews } from "../../operator/upgrade-news.ts";
import type { Pass } from "../../operator/runtime/controller.ts";
import { emptyFleet } from "../../telemetry/fleet-facts.ts";
import { jsonLog, logLevels, type LogLevel } from "../../telemetry/log.ts";
import { operatorMetrics, type Metrics } from "../../telemetry/metrics.ts";
import { startMetricsServer } from "../../telemetry/metrics-server.ts";
import { collectEarly } from "../collect-early.ts";
import { detachOnInterrupt } from "../detach.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import type { GlobalOptions } from "../global-options.ts";
import { connect, userAgent, version } from "../session.ts";

export interface OperatorCommandOptions extends GlobalOptions {
  /** False with `--no-leader-elect`. */
  readonly leaderElect: boolean;
  readonly shard?: string;
  readonly clusterSelector?: string;
  readonly concurrency: string;
  /** `HOST:PORT`, or `0` for none. */
  readonly metricsAddress: string;
  readonly logLevel: string;
  readonly gitCache?: string;
}

/** The namespace of the operator when none is named; also the one that the install manifests make. */
const defaultNamespace = "clusterapi-gitops-system";

/** No worker waits longer for a Git server that takes a commit and does not answer. */
const gitWorkSeconds = 30;

/** Runs until SIGTERM or SIGINT: then finishes the write that it is at, gives the lease back, and ends with 0. A lost lease ends it with 1: whoever runs it starts it anew. */
export async function operator(options: OperatorCommandOptions): Promise<ExitCode> {
  const shard = shardOf(options);
  const concurrency = Number(options.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new UsageError(`--concurrency ${options.concurrency} is no number from 1 up.`);
  const clock = systemClock;
  const random = (): number => randomInt(2 ** 32) / 2 ** 32;
  const log = jsonLog({ level: logLevelOf(options.logLevel), clock, write: (line) => process.stderr.write(line) });
  const namespace = options.namespace ?? process.env["POD_NAMESPACE"] ?? defaultNamespace;
  // A name that no other process has, not even the one before in the same pod.
  const instance = `${process.env["POD_NAME"] ?? hostname()}_${randomBytes(4).toString("hex")}`;
  let running: RunningOperator | undefined;
  const metrics = operatorMetrics({
    version: version(),
    fleet: () => (running === undefined ? emptyFleet : fleetFacts(running, clock.now())),
    expected: { contradictions: contradictionReasons, notificationForms: ["Slack", "JSON", "CloudEvents"] },
  });
  const counting: Pick<ClientOptions, "onExchange"> = { onExchange: (exchange) => metrics.apiRequest(exchange) };
  const onOperation: OnRemoteOperation = (operation) => metrics.gitOperation(operation);
  const client = await connect(options, clock, counting);
  const { endpoint } = client;
  const send = httpClient({ environment: process.env, userAgent: userAgent() });
  const server = await metricsServer(options.metricsAddress, metrics);
  const stop = detachOnInterrupt();
  collectEarly();

  const electionFor = (election: Pick<LeaderElectionOptions, "name" | "annotations">): LeaderElectionOptions => {
    const [message, over] = ["the lease could not be asked for", "the lease can be asked for again"];
    const fault = lastingFault({ log, clock, message, over, fields: { lease: election.name } });
    const told = { onError: (error: unknown) => fault.failed(error), onAnswer: () => fault.passed() };
    return { client, clock, random, namespace, ...election, identity: instance, ...told };
  };
  const lead = async (leadership: Leadership): Promise<void> => {
    log.info("leads", { shard: shardWords(shard), server: endpoint.server, namespace, version: version() });
    metrics.leads(true);
    const { signal } = leadership;
    const { notify, notifyAvailable } = notifier({
      client,
      clock,
      random,
      log,
      send,
      namespace,
      source: endpoint.contextName,
      signal,
      onDelivery: (form, outcome) => metrics.notified({ form, outcome }),
    });
    await runOperator(
      {
        client,
        clock,
        log,
        random,
        namespace,
        instance,
        shard,
        ...(options.leaderElect && {
          electForPolicies: (leadPolicies, over) => leadWhenElected(electionFor(policiesElection), leadPolicies, over),
        }),
        concurrency,
        send,
        notify,
        notifyAvailable,
        openRepository: (remote) =>
          openRepository(remote, {
            clock,
            onOperation,
            workSeconds: gitWorkSeconds,
            ...(options.gitCache === undefined ? {} : { cacheDirectory: options.gitCache }),
          }),
        openWorkload: (cluster, more) => createWorkloadReader(client, cluster, { clock, ...counting, ...more }),
        onRemoteOperation: onOperation,
        onWatchRestart: (reason) => metrics.watchRestarted(reason),
        onPass: (pass) => metrics.reconciled({ controller: pass.controller, result: resultOf(pass), seconds: pass.milliseconds / 1000 }),
        onUpgradeChange: (before, after) => countUpgradeNews(metrics, before, after),
        onReady: (now) => (running = now),
      },
      leadership,
    );
  };

  try {
    if (options.leaderElect) {
      await leadWhenElected(
        { ...electionFor(shardElection(shard)), onLeader: (leader) => log.info("has a leader", { leader }) },
        lead,
        stop.signal,
      );
    } else await lead({ signal: stop.signal, isCertain: () => true });
    log.info("has ended");
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof LeaseLostError)) throw error;
    // Whatever is still under way must not go on: another process leads.
    log.error("the lease was lost", { why: error.message });
    return process.exit(exitCodes.unexpected);
  } finally {
    stop.release();
    await server?.close();
    client.close();
  }
}

function resultOf({ failure }: Pass): "done" | "waiting" | "stalled" | "failed" {
  if (failure === undefined) return "done";
  return failure.kind === "waiting" || failure.kind === "stalled" ? failure.kind : "failed";
}

async function metricsServer(address: string, metrics: Metrics): Promise<{ close(): Promise<void> } | undefined> {
  if (address === "0") return undefined;
  const [, host = "", port] = /^(.*):(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined) throw new UsageError(`--metrics-address ${address} is not of the form HOST:PORT (or 0 for none).`);
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return startMetricsServer({
    metrics,
    host: bare === "" ? "::" : bare,
    port: Number(port),
    // A leader that cannot renew ends by itself.
    unhealthy: () => undefined,
    unready: () => undefined,
  });
}

function shardOf({ shard: text, clusterSelector }: OperatorCommandOptions): Shard {
  if (text !== undefined && clusterSelector !== undefined)
    throw new UsageError("--shard and --cluster-selector both say which clusters are this process's: give one of them.");
  if (clusterSelector !== undefined) {
    const selector = parseClusterSelector(clusterSelector);
    if (typeof selector === "string")
      throw new UsageError(
        `--cluster-selector ${JSON.stringify(clusterSelector)}: ${selector}. Write it as kubectl -l takes it: 'tier=prod,region in (eu,us),!gpu'.`,
      );
    return { ...wholeFleet, selector };
  }
  if (text === undefined) return wholeFleet;
  const shard = parseShard(text);
  if (shard === undefined) throw new UsageError(`--shard ${text} is not of the form 2/5: which one, of how many.`);
  return shard;
}

function logLevelOf(text: string): LogLevel {
  const level = logLevels.find((each) => each === text);
  if (level === undefined) throw new UsageError(`--log-level ${text} is none of ${logLevels.join(", ")}.`);
  return level;
}
