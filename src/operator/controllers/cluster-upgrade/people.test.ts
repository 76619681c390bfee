import { expect, it } from "vitest";
import { memoryLog } from "../../../telemetry/testing/memory-log.ts";
import { decideAttempt } from "../../../upgrade/attempt/decide-attempt.ts";
import { attemptInput } from "../../../upgrade/testing/attempts.ts";
import { plainCluster } from "../../../upgrade/testing/snapshots.ts";
import type { RecordedEvent } from "../../runtime/event-recorder.ts";
import { people } from "./people.ts";

const attempt = (phase?: string) => ({
  apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
  kind: "ClusterUpgrade",
  metadata: { name: "c1-v1.35.2", namespace: "demo", uid: "u1" },
  spec: { clusterName: "c1", targetVersion: "v1.35.2" },
  ...(phase === undefined ? {} : { status: { phase } }),
});

it("a phase is told once, also while the status lags behind; of an attempt that it forgot only the status tells", () => {
  const events: RecordedEvent[] = [];
  const log = memoryLog();
  const recorder = { record: (_: unknown, event: RecordedEvent) => void events.push(event), flush: () => Promise.resolve() };
  const told = people({ events: recorder, log, notify: () => true });
  const decision = decideAttempt(attemptInput(plainCluster()));
  const reasons = (): readonly string[] => events.map(({ reason }) => reason);
  told.tell(attempt(), decision);
  told.tell(attempt(), decision);
  expect(reasons()).toEqual(["Writing"]);
  told.forget(attempt());
  told.tell(attempt("Writing"), decision);
  expect(reasons()).toEqual(["Writing"]);
  told.forget(attempt());
  told.tell(attempt(), decision);
  expect(reasons()).toEqual(["Writing", "Writing"]);
});
