import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, FieldOwner } from "./cluster-snapshot.ts";
import { objectKey } from "./cluster-words.ts";
import { changesThatHeal, type DirectChangeInput } from "./direct-change.ts";
import { syncState } from "./testing/attempts.ts";
import { fieldOwner, OBSERVED_AT, plainCluster, reference, topologyCluster } from "./testing/snapshots.ts";
import type { Declaration } from "./upgrade-types.ts";

const MD = reference("MachineDeployment", "md-0");

/** At v1.35.2, but for the pool, whose version `owner` wrote last. */
function pool(version: string | undefined, ...versionOwners: readonly FieldOwner[]): ClusterSnapshot {
  return plainCluster({ version: "v1.35.2", pools: [{ overrides: { version, versionOwners } }] });
}

const edited = pool("v1.34.0", fieldOwner("kubectl-patch"), fieldOwner("argocd-controller"));
const healing = syncState({ heals: true });

function declaration(version: string, more: Partial<Declaration> = {}): Declaration {
  return { object: MD, version, place: "clusters/pool.yaml:14", revision: "abc", at: OBSERVED_AT, ...more };
}

function find(snapshot: ClusterSnapshot, more: Partial<DirectChangeInput> = {}) {
  const seen = { [objectKey(MD)]: "v1.35.2" };
  return changesThatHeal({ snapshot, declarations: [declaration("v1.35.2")], seen, sync: healing, ...more });
}

describe("a direct change that the engine puts back", () => {
  it("is told with who made it, and who mends it", () => {
    expect(find(edited)).toEqual([
      {
        object: MD,
        version: "v1.34.0",
        declared: "v1.35.2",
        message:
          "kubectl-patch set MachineDeployment demo/md-0 to v1.34.0, directly; clusters/pool.yaml:14 declares v1.35.2, and Argo CD application argocd/capi puts that back by itself. Nothing is to be done, unless kubectl-patch writes it again.",
      },
    ]);
  });

  it("is one while the engine has made the change its own, before it applies", () => {
    const taken = pool("v1.34.0", fieldOwner("kustomize-controller"));
    const [change] = find(taken, { sync: { ...healing, carriesCommit: true } });
    expect(change?.message).toMatch(
      /^Somebody set MachineDeployment demo\/md-0 to v1\.34\.0, directly; .* unless whoever did writes it again\.$/,
    );
    // Without our commit it may well apply an older one.
    for (const carriesCommit of [false, undefined]) expect(find(taken, { sync: { ...healing, carriesCommit } })).toEqual([]);
  });

  it.each(["synced", "syncing", "out-of-sync", "failed"] as const)("is one while the engine is %s", (state) => {
    expect(find(edited, { sync: { ...healing, state } })).toHaveLength(1);
  });

  it.each<readonly [what: string, snapshot: ClusterSnapshot, more: Partial<DirectChangeInput>]>([
    ["an engine that leaves direct changes as they are", edited, { sync: syncState() }],
    ["no engine", edited, { sync: undefined }],
    ["an engine that is suspended", edited, { sync: { ...healing, state: "suspended" } }],
    ["one that waits for a person", edited, { sync: { ...healing, state: "manual" } }],
    ["one whose window is closed", edited, { sync: { ...healing, state: "blocked-by-window" } }],
    ["one that cannot be read", edited, { sync: { ...healing, state: "unknown" } }],
    ["the version that is declared", edited, { declarations: [declaration("v1.34.0")] }],
    ["an object that Git does not hold", edited, { declarations: [declaration("v1.35.2", { place: undefined })] }],
    ["an object that nobody asked about", edited, { declarations: [] }],
    ["what the engine wrote itself", pool("v1.34.0", fieldOwner("argocd-controller"), fieldOwner("kubectl-patch")), {}],
    ["what nobody is known to have written", pool("v1.34.0"), {}],
    ["a declaration that was never applied", edited, { seen: { [objectKey(MD)]: "v1.34.0" } }],
    ["a declaration that was never seen applied", edited, { seen: {} }],
    [
      "a newer version, which no control plane gives back",
      pool("v1.36.0", fieldOwner("kubectl-patch")),
      { seen: { [objectKey(MD)]: "v1.36.0" } },
    ],
    ["an object that has no version", pool(undefined, fieldOwner("kubectl-patch")), {}],
    ["a pool of a topology", topologyCluster({ pools: [{ overrides: { versionOwners: [fieldOwner("kubectl-patch")] } }] }), {}],
  ])("is not: %s", (_, snapshot, more) => {
    expect(find(snapshot, more)).toEqual([]);
  });
});
