import type { CacheChange } from "../../src/kubernetes/watch-cache.ts";
import type { Scenario } from "./scenario.ts";
import { messageLines, normaliser, refusalText } from "./normalised-text.ts";
import { condition, ownerOf, watchedState, type Json, type State } from "./state.ts";
import { watchedKinds, type WatchedKind } from "./target.ts";

/** What happened, in words that are the same on every run that went the same way. */
export interface History {
  readonly scenario: string;
  /** Single facts: sequences, maxima, texts. */
  readonly facts: Readonly<Record<string, string>>;
  /** What was seen at any time, in alphabetical order. */
  readonly sets: Readonly<Record<string, readonly string[]>>;
}

/** What a history is made of, in order. */
export type Entry =
  | { readonly what: "change"; readonly kind: WatchedKind; readonly change: CacheChange["kind"]; readonly object: Json }
  | { readonly what: "step" }
  | { readonly what: "refused"; readonly text: string };

export type HistorySubject = Pick<Scenario, "name" | "numbered">;

export interface HistoryWriter {
  readonly state: State;
  take(entry: Entry): void;
  finish(): History;
}

/** Conditions whose messages say how an upgrade goes. */
const toldMessages: Readonly<Record<WatchedKind, readonly string[]>> = {
  Cluster: ["TopologyReconciled", "RollingOut", "Deleting", "Available"],
  KubeadmControlPlane: ["RollingOut", "ScalingUp", "ScalingDown", "Deleting", "Available", "Remediating"],
  MachineDeployment: ["RollingOut", "ScalingUp", "ScalingDown", "Deleting", "Available", "Remediating"],
  MachineSet: ["ScalingUp", "ScalingDown", "Deleting"],
  Machine: ["UpToDate", "Deleting"],
};

interface OwnerHistory {
  readonly machines: string[];
  most: number;
  mostStaying: number;
  fewestReady: number;
}

export function historyOf(scenario: HistorySubject, namespace: string, entries: readonly Entry[]): History {
  const writer = historyWriter(scenario, namespace);
  for (const entry of entries) writer.take(entry);
  return writer.finish();
}

export function historyWriter({ name: scenario, numbered = false }: HistorySubject, namespace: string): HistoryWriter {
  const state = watchedState();
  const normalise = normaliser(namespace);
  const owners = new Map<string, OwnerHistory>();
  const versions = new Map<string, string[]>();
  const sets = new Map<string, Set<string>>();
  const refusals: string[] = [];
  const order: string[] = [];
  const leaving = new Set<string>();
  const numbers = new Map<string, number>();
  let steps = 0;

  function add(set: string, value: string): void {
    const values = sets.get(set) ?? new Set();
    values.add(value);
    sets.set(set, values);
  }

  function owner(name: string): OwnerHistory {
    const found = owners.get(name) ?? {
      machines: Array<string>(steps).fill("|"),
      most: 0,
      mostStaying: 0,
      fewestReady: Number.POSITIVE_INFINITY,
    };
    owners.set(name, found);
    return found;
  }

  function note(what: string, version: string): void {
    const seen = versions.get(what) ?? [];
    if (seen.at(-1) !== version) seen.push(version);
    versions.set(what, seen);
  }

  function count(): void {
    if (steps === 0) return;
    const machines = state.all("Machine");
    for (const [name, of] of owners) {
      const own = machines.filter((machine) => ownerOf(machine) === name);
      of.most = Math.max(of.most, own.length);
      of.mostStaying = Math.max(of.mostStaying, own.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length);
      of.fewestReady = Math.min(of.fewestReady, own.filter((machine) => condition(machine, "Ready")?.status === "True").length);
    }
  }

  function staying(name: string, version: string): number {
    return state
      .all("Machine")
      .filter((one) => ownerOf(one) === name && one.spec.version === version && one.metadata.deletionTimestamp === undefined).length;
  }

  function numberOf({ metadata }: Json): string {
    return numbered ? `#${numbers.get(metadata.uid)}` : "";
  }

  function machineChanged(machine: Json, change: CacheChange["kind"]): void {
    const name = ownerOf(machine);
    const { machines } = owner(name);
    const { version } = machine.spec;
    if (change === "added") {
      numbers.set(machine.metadata.uid, machines.filter((one) => one.startsWith("+")).length + 1);
      machines.push(`+${version}${numberOf(machine)}`);
      if (steps > 0 && staying(name, version) === 1) order.push(`${name} begins ${version}`);
    }
    const { uid, deletionTimestamp } = machine.metadata;
    if ((deletionTimestamp === undefined && change !== "deleted") || leaving.has(uid)) return;
    leaving.add(uid);
    machines.push(`-${version}${numberOf(machine)}`);
    if (staying(name, version) === 0) order.push(`${name} ends ${version}`);
  }

  function ownerChanged(kind: WatchedKind, object: Json): void {
    if (kind === "Cluster" && object.spec.topology !== undefined) note("Cluster topology version", object.spec.topology.version);
    if (kind === "KubeadmControlPlane") {
      note("control plane spec version", object.spec.version);
      if (object.status?.version !== undefined) note("control plane status version", object.status.version);
    }
    if (kind === "MachineDeployment") note(`${ownerOf(object)} spec version`, object.spec.template.spec.version);
  }

  function conditionsChanged(kind: WatchedKind, object: Json): void {
    if (steps === 0) return;
    for (const { type, status, reason, message } of object.status?.conditions ?? []) {
      add(`${kind} conditions`, `${type}=${status}/${reason}`);
      if (!toldMessages[kind].includes(type) || (message ?? "") === "") continue;
      for (const line of messageLines(normalise(message))) add(`${kind} messages`, `${type}=${status}: ${line}`);
    }
  }

  function finalConditions(): Record<string, string> {
    const facts: Record<string, string> = {};
    for (const kind of watchedKinds) {
      const texts = state.all(kind).map((object) =>
        (object.status?.conditions ?? [])
          .map(({ type, status, reason }: Json) => `${type}=${status}/${reason}`)
          .toSorted()
          .join(" "),
      );
      if (texts.length > 0) facts[`${kind} conditions at the end`] = [...new Set<string>(texts)].toSorted(byText).join("\n");
    }
    return facts;
  }

  function changed(kind: WatchedKind, change: CacheChange["kind"], object: Json): void {
    state.take(kind, change, object);
    if (kind === "Machine") machineChanged(object, change);
    if (change !== "deleted") {
      ownerChanged(kind, object);
      conditionsChanged(kind, object);
    }
    if (kind === "Machine") count();
  }

  function stepBegins(): void {
    steps += 1;
    // How a cluster comes up is not looked at: only from where the steps take it.
    if (steps === 1) for (const kind of watchedKinds) for (const object of state.all(kind)) conditionsChanged(kind, object);
    for (const { machines } of owners.values()) machines.push("|");
    count();
  }

  return {
    state,
    take(entry) {
      switch (entry.what) {
        case "change":
          return changed(entry.kind, entry.change, entry.object);
        case "step":
          return stepBegins();
        case "refused":
          return void refusals.push(refusalText(normalise(entry.text)));
      }
    },
    finish() {
      const facts = finalConditions();
      for (const [name, { machines, most, mostStaying, fewestReady }] of owners) {
        facts[`${name}: machines`] = machines.join(" ").replace(/( \|)+$/, "");
        if (!Number.isFinite(fewestReady)) continue;
        facts[`${name}: most machines`] = `${most}`;
        facts[`${name}: most machines that stay`] = `${mostStaying}`;
        facts[`${name}: fewest Ready`] = `${fewestReady}`;
      }
      if (order.length > 0) facts["order of owners"] = order.join(", ");
      for (const [what, seen] of versions) facts[what] = seen.join(" ");
      for (const [index, text] of refusals.entries()) facts[`refusal ${String(index + 1).padStart(2, "0")}`] = text;
      return {
        scenario,
        facts: sorted(facts),
        sets: sorted(Object.fromEntries([...sets].map(([name, set]) => [name, [...set].toSorted()]))),
      };
    },
  };
}

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
