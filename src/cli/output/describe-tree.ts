import { findingsOf, type Finding } from "../../cluster-api/conditions-in-words.ts";
import { versionOwnerOf } from "../../cluster-api/version-owner.ts";
import type { ClusterSnapshot, MachineSnapshot, ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { controlPlaneMachines, objectName, poolMachines } from "../../upgrade/cluster-words.ts";
import { kubeletOf, strayNodes } from "../../upgrade/kubelets.ts";
import { formatDuration } from "../duration.ts";
import type { Terminal } from "../terminal.ts";
import { table } from "./table.ts";

interface Row {
  readonly name: string;
  readonly declared: string;
  readonly running: string;
  readonly ready: string;
  readonly age: string;
  readonly message: string;
}

/** More machines of one owner than this are shown in groups of the same kind, as `clusterctl describe` does. */
const mostMachines = 8;

/** The tree of `clusterctl describe cluster`, joined with what every machine really runs, then who owns the version and what is in the way. */
export function describeTree(terminal: Terminal, snapshot: ClusterSnapshot, wide: boolean): string {
  const findings = findingsOf(snapshot);
  const rows = rowsOf(terminal, snapshot, messagesOf(findings), wide);
  const lines = [table(["NAME", "DECLARED", "RUNNING", "READY", "AGE", "MESSAGE"], rows.map(cells)), ""];
  for (const words of versionOwnerOf(snapshot).words) lines.push(words);
  lines.push(workloadWords(snapshot));
  const stray = strayNodes(snapshot);
  if (stray.length > 0)
    lines.push(`Nodes that belong to no machine: ${stray.map(({ name, kubeletVersion }) => `${name} (${kubeletVersion})`).join(", ")}`);
  if (findings.length > 0) lines.push("", "What is going on:");
  for (const { sentence, remedy } of wide ? findings : findings.slice(0, 10))
    lines.push(`- ${sentence}${remedy === undefined ? "" : `\n  → ${remedy}`}`);
  if (!wide && findings.length > 10) lines.push(`- and ${findings.length - 10} more (-o wide)`);
  if (snapshot.gaps.length > 0)
    lines.push("", "What could not be seen:", ...snapshot.gaps.map(({ what, message }) => `- ${what}: ${message}`));
  return lines.join("\n");
}

const cells = (row: Row): readonly string[] => [row.name, row.declared, row.running, row.ready, row.age, row.message];

function rowsOf(terminal: Terminal, snapshot: ClusterSnapshot, messages: ReadonlyMap<string, string>, wide: boolean): readonly Row[] {
  const { ref, topology, controlPlane, pools, paused, deleting } = snapshot;
  const state = [deleting ? "being deleted" : "", paused ? "paused" : ""].filter((word) => word !== "").join(", ");
  const rows: Row[] = [
    row(`${ref.kind}/${ref.name}`, topology?.version ?? controlPlane?.version, runningOf(snapshot, snapshot.machines), "", undefined, [
      state,
      messages.get(objectName(ref)) ?? "",
    ]),
  ];
  const branch = (last: boolean): string => (last ? "└─" : "├─");
  if (controlPlane !== undefined) {
    const { replicas } = controlPlane;
    const machines = controlPlaneMachines(snapshot);
    const prefix = pools.length > 0 ? "│ " : "  ";
    rows.push(
      row(
        `${branch(pools.length === 0)}ControlPlane - ${controlPlane.ref.kind}/${controlPlane.ref.name}`,
        controlPlane.version,
        machines.length > 0 ? runningOf(snapshot, machines) : (controlPlane.reportedVersion ?? ""),
        machines.length > 0 ? `${replicas.ready}/${replicas.desired}` : "",
        undefined,
        [controlPlane.paused ? "paused" : "", messages.get(objectName(controlPlane.ref)) ?? ""],
      ),
      ...machineRows(terminal, snapshot, machines, prefix, messages, wide),
    );
  }
  const inPools = pools.map((pool) => ({ pool, machines: poolMachines(snapshot, pool) }));
  const pooled = new Set(inPools.flatMap(({ machines }) => machines));
  const alone = snapshot.machines.filter((machine) => machine.role === "worker" && !pooled.has(machine));
  if (pools.length > 0 || alone.length > 0) rows.push(row("└─Workers", undefined, "", "", undefined, []));
  for (const [index, { pool, machines }] of inPools.entries()) {
    const last = index === pools.length - 1 && alone.length === 0;
    const { replicas } = pool;
    rows.push(
      row(
        `  ${branch(last)}${pool.kind}/${pool.ref.name}`,
        pool.version,
        runningOf(snapshot, machines),
        `${replicas.ready}/${replicas.desired}`,
        undefined,
        [pool.paused ? "paused" : "", pool.heldBy === undefined ? "" : `held by ${pool.heldBy}`, messages.get(objectName(pool.ref)) ?? ""],
      ),
      ...machineRows(terminal, snapshot, machines, last ? "    " : "  │ ", messages, wide),
    );
  }
  rows.push(...machineRows(terminal, snapshot, alone, "  ", messages, wide));
  return rows;
}

function row(
  name: string,
  declared: string | undefined,
  running: string,
  ready: string,
  ageSeconds: number | undefined,
  messages: readonly string[],
): Row {
  const message = messages.filter((part) => part !== "").join("; ");
  return { name, declared: declared ?? "", running, ready, age: ageSeconds === undefined ? "" : formatDuration(ageSeconds), message };
}

function machineRows(
  terminal: Terminal,
  snapshot: ClusterSnapshot,
  machines: readonly MachineSnapshot[],
  prefix: string,
  messages: ReadonlyMap<string, string>,
  wide: boolean,
): readonly Row[] {
  const groups = wide || machines.length <= mostMachines ? machines.map((machine) => [machine]) : grouped(snapshot, machines);
  return groups.map((group, index) => {
    const lead = `${prefix}${index === groups.length - 1 ? "└─" : "├─"}`;
    const [machine] = group as [MachineSnapshot, ...MachineSnapshot[]];
    const kubelet = kubeletOf(snapshot, machine);
    const differs = kubelet !== undefined && machine.version !== undefined && kubelet !== machine.version;
    const running = differs ? terminal.paint("warn", `${kubelet} ≠`) : (kubelet ?? "not yet");
    const ready = machine.ready === undefined ? "" : machine.ready ? "True" : "False";
    const age = (snapshot.observedAt - machine.createdAt) / 1000;
    if (group.length > 1) {
      return row(`${lead}${group.length} Machines...`, machine.version, running, ready, age, [
        `see ${group
          .slice(0, 3)
          .map(({ ref }) => ref.name)
          .join(", ")}${group.length > 3 ? ", ..." : ""}`,
      ]);
    }
    const leaving =
      machine.deletingSince === undefined ? "" : `leaving for ${formatDuration((snapshot.observedAt - machine.deletingSince) / 1000)}`;
    return row(`${lead}Machine/${machine.ref.name}`, machine.version, running, ready, age, [
      leaving,
      messages.get(objectName(machine.ref)) ?? "",
    ]);
  });
}

function grouped(snapshot: ClusterSnapshot, machines: readonly MachineSnapshot[]): readonly (readonly MachineSnapshot[])[] {
  const groups = new Map<string, MachineSnapshot[]>();
  for (const machine of machines) {
    const key =
      machine.deletingSince !== undefined ? machine.ref.name : [machine.version, kubeletOf(snapshot, machine), machine.ready].join("|");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [machine]);
    else group.push(machine);
  }
  return [...groups.values()];
}

/** `v1.35.2`, or `v1.34.0 (2), v1.35.2 (1)`; by what the nodes' kubelets report. */
export function runningOf(snapshot: ClusterSnapshot, machines: readonly MachineSnapshot[]): string {
  const counts = new Map<string, number>();
  for (const machine of machines) {
    const kubelet = kubeletOf(snapshot, machine) ?? "none yet";
    counts.set(kubelet, (counts.get(kubelet) ?? 0) + 1);
  }
  const parts = [...counts].toSorted(([a], [b]) => a.localeCompare(b));
  return parts.length === 1 ? (parts[0]?.[0] ?? "") : parts.map(([version, count]) => `${version} (${count})`).join(", ");
}

/** The most urgent finding of each object, without the object's name. */
function messagesOf(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const messages = new Map<string, string>();
  for (const { object, sentence } of findings) {
    const name = objectName(object);
    if (!messages.has(name)) messages.set(name, shortened(sentence, object));
  }
  return messages;
}

function shortened(sentence: string, object: ObjectReference): string {
  const text = sentence.slice(sentence.startsWith(objectName(object)) ? objectName(object).length + 2 : 0);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function workloadWords({ workload }: ClusterSnapshot): string {
  if (workload.state !== "reachable") return `Workload cluster: ${workload.state}, ${workload.message}`;
  const version =
    workload.apiServerVersion === undefined ? "its API server does not tell its version" : `API server ${workload.apiServerVersion}`;
  return `Workload cluster: ${version}, ${workload.nodes.length} nodes, ${workload.nodes.filter(({ ready }) => ready).length} ready`;
}
