import { it } from "vitest";
import { CLUSTER, expectAllAt, FILE, PATH, phasesOf, plain, topology, type RunScene } from "../support/engine-scene.ts";
import { patience } from "../support/patience.ts";
import type { Json } from "../support/scenario.ts";

/** A cluster without a topology, whose machine templates hold that image. */
const withImage =
  (image: string) =>
  (namespace: string): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(plain(namespace)).map(([name, text]) => [name, text.replaceAll("kindest/node:v1.34.0", image)]));

/** A policy notices the version that appears in the catalog, and does the rest. */
export function policyScenarios(scene: RunScene): void {
  it("Argo CD: notices a version, asks for approval, commits once, and proves it", ({ expect }) =>
    scene(
      { title: "op-policy", engine: "argo", files: topology() },
      async ({ scenario, repository, catalog, follow, phase, proven, commits }) => {
        const { namespace, kubectl } = scenario;
        await catalog("v1.34.0");
        await follow("Patch", { approval: "BeforeControlPlane" });
        expect((await scenario.get("clusterupgrades")).items).toEqual([]);

        await catalog("v1.34.0", "v1.34.2");
        const waiting = await phase("WaitingForApproval");
        expect(waiting.spec).toMatchObject({ clusterName: CLUSTER, targetVersion: "v1.34.2", policyName: namespace });
        expect(waiting.status.remedy).toBe(`To approve: \`capi-gitops approve ${CLUSTER} -n ${namespace}\`.`);
        expect(await commits()).toEqual([]);

        const approved = await scenario.cli("approve", CLUSTER);
        expect(approved.code, approved.err).toBe(0);
        const { metadata, status } = await proven();
        expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.34.2`]);
        expect(await repository.read(FILE)).toContain("version: v1.34.2   # keep in step with the node images");
        await expectAllAt(expect, scenario, "v1.34.2", 2);
        expect(status).toMatchObject({
          phase: "Proven",
          fromVersion: "v1.34.0",
          machines: { text: "2/2" },
          conditions: [{ type: "Ready", status: "True", reason: "Proven", observedGeneration: metadata.generation }],
          steps: [{ commit: (await repository.git("rev-parse", "main")).trim() }],
        });
        expect(status.proof.map(({ state }: Json) => state)).not.toContain("Unknown");
        const phases = phasesOf({ status });
        expect(phases[0]).toBe("WaitingForApproval");
        expect(phases.at(-1)).toBe("Proven");
        const printed = await kubectl("get", "cup", metadata.name);
        expect(printed).toMatch(/NAME +CLUSTER +FROM +TO +PHASE +MACHINES +WHY +AGE/);
        expect(printed).toMatch(new RegExp(`${metadata.name} +${CLUSTER} +v1.34.0 +v1.34.2 +Proven +2/2 +\\S`));
        const events = await scenario.eventually("the events", async () => {
          const { items } = await scenario.get("events.events.k8s.io", "--field-selector", `regarding.name=${metadata.name}`);
          const reasons = items.map(({ reason }: Json) => reason);
          return reasons.includes("Proven") ? reasons : undefined;
        });
        expect(events).toContain("WaitingForApproval");
        await kubectl("wait", "--for=jsonpath={.status.upToDate}=1", `upgradepolicy/${namespace}`, patience);
      },
    ));

  it("Argo CD, without a topology: asks before the control plane and before the workers, and rotates both templates", ({ expect }) =>
    scene(
      { title: "op-argo-plain", engine: "argo", files: plain },
      async ({ scenario, repository, catalog, follow, phase, proven, upgrade, commits }) => {
        const { namespace, kubectl } = scenario;
        await catalog("v1.34.0");
        await follow("Rapid", { approval: "BeforeEach" });
        await catalog("v1.34.0", "v1.35.2");
        const asked = async (part: string): Promise<void> => {
          const { status } = await phase("WaitingForApproval");
          expect(status.waitingFor).toMatchObject([{ gate: "Approval", message: `Nobody has approved yet that the ${part} begun.` }]);
        };
        const approve = async (): Promise<void> => {
          const { code, err } = await scenario.cli("approve", CLUSTER);
          expect(code, err).toBe(0);
        };
        const ofControlPlane = `Upgrade KubeadmControlPlane ${namespace}/${CLUSTER}-cp to Kubernetes v1.35.2`;
        await asked("control plane is");
        expect(await commits()).toEqual([]);
        await approve();
        await scenario.eventually("the step of the control plane", async () =>
          (await upgrade()).status.stepsDone === 1 ? true : undefined,
        );
        await asked("workers are");
        // The pool waits at its version, in the cluster and in Git.
        expect(await commits()).toEqual([ofControlPlane]);
        expect((await scenario.get("machinedeployment", `${CLUSTER}-pool-a`)).spec.template.spec.version).toBe("v1.34.0");
        await approve();

        const { spec, status } = await proven();
        expect(spec).toMatchObject({ targetVersion: "v1.35.2", policyName: namespace });
        expect(await commits()).toEqual([ofControlPlane, `Upgrade MachineDeployment ${namespace}/${CLUSTER}-pool-a to Kubernetes v1.35.2`]);
        await expectAllAt(expect, scenario, "v1.35.2", 2);
        expect(status).toMatchObject({ phase: "Proven", machines: { text: "2/2" }, stepsDone: 2, stepsTotal: 2 });
        expect(status.proof.map(({ state }: Json) => state)).not.toContain("Unknown");
        const templateOf = async (reference: Json): Promise<Json> =>
          (await scenario.get("devmachinetemplate", reference.name)).spec.template.metadata.annotations;
        const { spec: plane } = await scenario.get("kubeadmcontrolplane", `${CLUSTER}-cp`);
        const { spec: pool } = await scenario.get("machinedeployment", `${CLUSTER}-pool-a`);
        const image = { "example.com/image": "kindest/node:v1.35.2" };
        expect(await templateOf(plane.machineTemplate.spec.infrastructureRef)).toEqual(image);
        expect(await templateOf(pool.template.spec.infrastructureRef)).toEqual(image);
        expect(await repository.read(`${PATH}/pool-a.yaml`)).toContain("example.com/image: kindest/node:v1.35.2");
        await kubectl("wait", "--for=jsonpath={.status.upToDate}=1", `upgradepolicy/${namespace}`, patience);
      },
    ));

  it("Flux, without a topology: an image that names no version comes from the catalog; while it has none, nothing is written", ({
    expect,
  }) =>
    scene(
      { title: "op-images", engine: "flux", files: withImage("ubuntu-2404-a") },
      async ({ scenario, repository, catalog, follow, phase, proven, upgrade, commits }) => {
        const { namespace } = scenario;
        const path = "/spec/template/metadata/annotations/example.com~1image";
        const image = (name: string): object => ({ images: [{ templateKind: "DevMachineTemplate", image: name, path }] });
        const old = { version: "v1.34.0", ...image("ubuntu-2404-a") };
        await catalog(old);
        await follow("Rapid");
        await catalog(old, "v1.35.2");
        const { status: refused } = await phase("Refused");
        expect(refused.message).toBe(
          `ReleaseCatalog ${namespace} has no machine image of v1.35.2 for DevMachineTemplate: new machines could not run it.`,
        );
        expect(refused.remedy).toContain(`releases[].images of ReleaseCatalog ${namespace}`);
        expect(await commits()).toEqual([]);

        await catalog(old, { version: "v1.35.2", ...image("ubuntu-2404-b") });
        const { code, err } = await scenario.cli("retry", CLUSTER);
        expect(code, err).toBe(0);
        await scenario.eventually("the end of the refusal", async () => ((await upgrade()).status.phase === "Refused" ? undefined : true));
        const { spec } = await proven();
        expect(spec).toMatchObject({ targetVersion: "v1.35.2", catalogRef: { name: namespace } });
        expect(await commits()).toEqual([
          `Upgrade KubeadmControlPlane ${namespace}/${CLUSTER}-cp to Kubernetes v1.35.2`,
          `Upgrade MachineDeployment ${namespace}/${CLUSTER}-pool-a to Kubernetes v1.35.2`,
        ]);
        await expectAllAt(expect, scenario, "v1.35.2", 2);
        expect((await repository.read(`${PATH}/pool-a.yaml`)).match(/example\.com\/image: .*/g)).toEqual([
          "example.com/image: ubuntu-2404-a",
          "example.com/image: ubuntu-2404-b",
        ]);
        const { items } = await scenario.get("machines");
        for (const { spec: machine } of items) {
          const { metadata } = await scenario.get("devmachine", machine.infrastructureRef.name);
          expect(metadata.annotations["example.com/image"]).toBe("ubuntu-2404-b");
        }
      },
    ));

  it("Flux, with a topology: notices a minor, and brings the cluster there without being asked anything", ({ expect }) =>
    scene(
      { title: "op-flux-policy", engine: "flux", files: topology() },
      async ({ scenario, repository, catalog, follow, phase, proven, commits }) => {
        const { namespace, kubectl } = scenario;
        await catalog("v1.34.0");
        await follow("Rapid");
        expect((await scenario.get("clusterupgrades")).items).toEqual([]);
        await catalog("v1.34.0", "v1.35.2");
        await phase("Delivering", "Rolling", "Holding", "Proven");
        const { spec, status } = await proven();
        expect(spec).toMatchObject({ clusterName: CLUSTER, targetVersion: "v1.35.2", policyName: namespace });
        expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.35.2`]);
        const commit = (await repository.git("rev-parse", "main")).trim();
        expect(status).toMatchObject({ phase: "Proven", fromVersion: "v1.34.0", machines: { text: "2/2" }, steps: [{ commit }] });
        const { status: applied } = await scenario.get("kustomizations.kustomize.toolkit.fluxcd.io", namespace);
        expect(applied.lastAppliedRevision).toBe(`main@sha1:${commit}`);
        await expectAllAt(expect, scenario, "v1.35.2", 2);
        await kubectl("wait", "--for=jsonpath={.status.upToDate}=1", `upgradepolicy/${namespace}`, patience);
      },
    ));

  it("a window by the clock of a time zone: told while it is closed, and begun once it opens", ({ expect }) =>
    scene(
      { title: "op-cron", engine: "argo", files: topology() },
      async ({ scenario, repository, catalog, follow, phase, proven, upgrade, commits }) => {
        const { namespace, kubectl } = scenario;
        await catalog("v1.34.0");
        // Far off, so that it is seen closed however long that takes.
        const far = fullMinute(12 * 3_600_000);
        const { clock, schedule } = windowFrom(far);
        await follow("Patch", { schedule });
        await catalog("v1.34.0", "v1.34.2");
        const { spec: begun, status: closed } = await phase("WaitingForWindow");
        expect(begun.schedule).toMatchObject(schedule);
        expect(closed.message).toMatch(new RegExp(`^Outside of the maintenance windows; steps may start again .*${clock} `));
        expect(closed.waitingFor).toMatchObject([{ gate: "Window" }]);
        expect(Date.parse(closed.waitingFor[0].opensAt)).toBe(far.getTime());
        expect(await commits()).toEqual([]);

        const opens = fullMinute(5_000);
        const sooner = JSON.stringify({ spec: { schedule: windowFrom(opens).schedule } });
        await kubectl("patch", "clusterupgrade", (await upgrade()).metadata.name, "--type=merge", "-p", sooner);
        await scenario.eventually("the commit", async () => ((await commits()).length > 0 ? true : undefined));
        const committedAt = Number(await repository.git("log", "-1", "--author=capi-gitops", "--format=%ct", "main")) * 1_000;
        expect(committedAt).toBeGreaterThanOrEqual(opens.getTime());
        const { status } = await proven();
        expect(phasesOf({ status })[0]).toBe("WaitingForWindow");
        expect(status.waitingFor ?? []).toEqual([]);
        expect(await commits()).toEqual([`Upgrade Cluster ${namespace}/${CLUSTER} to Kubernetes v1.34.2`]);
        await expectAllAt(expect, scenario, "v1.34.2", 2);
      },
    ));
}

/** The first full minute after so many milliseconds. */
function fullMinute(after: number): Date {
  return new Date(Math.ceil((Date.now() + after) / 60_000) * 60_000);
}

/** A daily window of two hours from this moment on, by Nepal's clocks, which are 5:45 before UTC all the year; and what they show then. */
function windowFrom(opens: Date): { readonly clock: string; readonly schedule: object } {
  const there = new Date(opens.getTime() + 345 * 60_000);
  const cron = `${there.getUTCMinutes()} ${there.getUTCHours()} * * *`;
  return { clock: there.toISOString().slice(11, 16), schedule: { timeZone: "Asia/Kathmandu", windows: [{ cron, duration: "2h" }] } };
}
