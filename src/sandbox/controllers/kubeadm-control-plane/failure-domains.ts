import type { Random } from "../../engine/random.ts";
import { byAge, isDeleting, type Machine } from "./cluster-objects.ts";
import { isUpToDate, type Scope } from "./scope.ts";

/** Where the next machine goes: the domain with the fewest up-to-date machines, then with the fewest machines, then any. Undefined: there are no domains. */
export function failureDomainForNewMachine(scope: Scope, random: Random): string | undefined {
  const upToDate = scope.machines.filter((machine) => isUpToDate(scope, machine) && !isDeleting(machine));
  return countByDomain(scope, upToDate, random).sort((one, other) => one.preferred - other.preferred || one.all - other.all)[0]?.name;
}

/** The oldest of `eligible` in the failure domain that has most of them; machines of a domain that is none (any more) go first. */
export function machineToRemove(scope: Scope, eligible: readonly Machine[], random: Random): Machine | undefined {
  const names = controlPlaneDomains(scope);
  const oldestFirst = [...eligible].sort(byAge);
  const outside = oldestFirst.find(({ spec }) => !names.includes(spec.failureDomain ?? ""));
  if (outside !== undefined) return oldestFirst.find(({ spec }) => spec.failureDomain === outside.spec.failureDomain);
  const domain = countByDomain(scope, eligible, random).sort((one, other) => other.preferred - one.preferred || other.all - one.all)[0];
  return oldestFirst.find(({ spec }) => spec.failureDomain === domain?.name);
}

function controlPlaneDomains({ cluster }: Scope): readonly string[] {
  return (cluster.status?.failureDomains ?? []).filter(({ controlPlane }) => controlPlane === true).map(({ name }) => name);
}

/** In an order that the seed decides: in CAPI the order of a Go map breaks ties. */
function countByDomain(
  scope: Scope,
  preferred: readonly Machine[],
  random: Random,
): { readonly name: string; readonly preferred: number; readonly all: number }[] {
  const count = (machines: readonly Machine[], name: string): number => machines.filter(({ spec }) => spec.failureDomain === name).length;
  return controlPlaneDomains(scope)
    .map((name) => ({ name, preferred: count(preferred, name), all: count(scope.machines, name), order: random.next() }))
    .sort((one, other) => one.order - other.order);
}
