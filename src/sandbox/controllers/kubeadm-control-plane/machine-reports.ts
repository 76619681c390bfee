import type { ConditionState } from "../../conditions/condition.ts";
import type { LegacyConditionState } from "../../conditions/legacy-condition.ts";
import { writeMachineConditions, type Scope } from "./scope.ts";

/** Conditions of machines that one pass finds out, the last word on each type; written in one go at its end. */
export interface MachineReports {
  set(machineName: string, state: ConditionState, legacy?: LegacyConditionState): void;
  write(): void;
}

export function createMachineReports(scope: Scope): MachineReports {
  const reports = new Map<string, { readonly states: Map<string, ConditionState>; readonly legacy: Map<string, LegacyConditionState> }>();
  return {
    set(machineName, state, legacy) {
      let report = reports.get(machineName);
      if (report === undefined) reports.set(machineName, (report = { states: new Map(), legacy: new Map() }));
      report.states.set(state.type, state);
      if (legacy !== undefined) report.legacy.set(legacy.type, legacy);
    },
    write() {
      for (const machine of scope.machines) {
        const report = reports.get(machine.metadata.name);
        if (report !== undefined) writeMachineConditions(scope, machine, [...report.states.values()], [...report.legacy.values()]);
      }
    },
  };
}
