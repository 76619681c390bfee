/** What it means that an API server or an admission webhook did not take what an engine applied. */
export interface Rejection {
  readonly meaning: string;
  readonly remedy: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly explain: (found: RegExpExecArray) => Rejection;
}

/** Cluster API's own words are those of core/webhooks/admission/cluster.go, v1.14. The first rule that fits is told. */
const rules: readonly Rule[] = [
  {
    pattern: /version cannot be decreased from "([^"]+)" to "([^"]+)"/,
    explain: ([, from = "", to = ""]) => ({
      meaning: `Git was put back to ${to}, but the cluster is at ${from} or on its way to it, and no control plane can go back.`,
      remedy: `Put ${from} or newer into Git again (revert the revert); then the rollout goes on.`,
    }),
  },
  {
    pattern: /version cannot be increased from "([^"]+)" to "([^"]+)"/,
    explain: ([, from = "", to = ""]) => ({
      meaning: `Git goes from ${from} to ${to}, more than one minor version at once.`,
      remedy: `Put the next minor version after ${from} into Git first, or list the versions on the way in the ClusterClass (spec.kubernetesVersions).`,
    }),
  },
  {
    pattern: /Cluster\.spec\.topology\.version (\S+) was not propagated to control plane yet \(control plane version ([^)]+)\)/,
    explain: ([, from = "", controlPlane = ""]) => ({
      meaning: `The version was changed again before the change to ${from} had reached the control plane (at ${controlPlane}).`,
      remedy: `Wait: it is applied when the control plane has ${from}. If that never comes, the control plane's version was changed by hand: \`capi-gitops repair\`.`,
    }),
  },
  {
    pattern: /control plane is (?:still completing a previous upgrade|currently provisioning)/,
    explain: () => ({
      meaning: "The version was changed again while the control plane was still busy with the change before.",
      remedy: "Wait: it is applied when the control plane is through.",
    }),
  },
  {
    pattern: /there are still (MachineDeployments|MachinePools) completing a previous upgrade: \[([^\]]*)\]/,
    explain: ([, kind = "", names = ""]) => ({
      meaning: `The version was changed again while ${kind} were still busy with the change before: ${names}.`,
      remedy: "Wait: it is applied when they are through.",
    }),
  },
  {
    pattern: /version cannot be changed when the "([^"]+)" hook is still blocking/,
    explain: ([, hook = ""]) => ({
      meaning: `The hook ${hook} of a runtime extension still blocks.`,
      remedy: "Wait for the runtime extension, or see to it.",
    }),
  },
  {
    pattern: /version must match one of the versions defined in the ClusterClass/,
    explain: () => ({
      meaning: "The ClusterClass does not list this version (spec.kubernetesVersions).",
      remedy: "Take a version that it lists, or add this one to it.",
    }),
  },
  {
    pattern: /failed calling webhook "([^"]+)"|conversion webhook for (.+?) failed/,
    explain: ([, admission, conversion]) => ({
      meaning: `The webhook ${admission ?? `for ${conversion ?? "a conversion"}`} does not answer, so nothing can be said about the change itself.`,
      remedy: "See to the provider's controller that serves the webhook; the engine tries again.",
    }),
  },
  {
    pattern: /field is immutable|is immutable/,
    explain: () => ({
      meaning: "Git changes a field that cannot be changed.",
      remedy:
        "Give the changed object a new name and refer to that (machine templates are replaced, not edited), or undo the change in Git.",
    }),
  },
  {
    pattern: /is forbidden: User "([^"]+)" cannot (\w+) resource "([^"]+)"/,
    explain: ([, user = "", verb = "", resource = ""]) => ({
      meaning: `The engine applies as ${user}, which may not ${verb} ${resource}.`,
      remedy: `Give ${user} that right.`,
    }),
  },
  {
    pattern: /no matches for kind "([^"]+)"|the server could not find the requested resource/,
    explain: ([, kind]) => ({
      meaning: `The cluster does not serve ${kind === undefined ? "a kind or version that Git uses" : `the kind ${kind} in the version that Git uses`}.`,
      remedy: "Install the provider that it belongs to, or use a version that is served.",
    }),
  },
];

/** Undefined where the words are none that are known. */
export function rejectionInWords(message: string): Rejection | undefined {
  for (const { pattern, explain } of rules) {
    const found = pattern.exec(message);
    if (found !== null) return explain(found);
  }
  return undefined;
}
