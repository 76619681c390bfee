import { describe, expect, it } from "vitest";
import { planUpgrade } from "../upgrade/plan.ts";
import { imageCatalog, plainCluster, topologyCluster, variableTexts } from "../upgrade/testing/snapshots.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import { stepWords } from "./api/cluster-upgrade-steps.ts";
import { commitMessage } from "./commit-message.ts";
import { pullRequestBody } from "./pull-request-body.ts";

const images = imageCatalog({ "v1.34.0": ["ami-1"], "v1.35.2": ["ami-2"] });

function firstStep(snapshot = plainCluster(), target = "v1.35.2"): UpgradeStep {
  const result = planUpgrade(snapshot, { target, via: [], images });
  const [step] = result.kind === "plan" ? result.plan.steps : [];
  if (step === undefined) throw new Error(result.kind);
  return step;
}

const withVariables = topologyCluster({ topology: { variables: variableTexts({ osImage: "ami-1", "md-0/vmTemplate/id": "ami-1" }) } });

describe("a commit's message", () => {
  it.each([
    ["a topology", firstStep(topologyCluster()), "From v1.34.0 to v1.35.2."],
    [
      "a topology that is chained",
      firstStep(topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.1"] } }), "v1.36.1"),
      "From v1.34.0 to v1.36.1.\nCluster API takes the control plane through v1.35.2, v1.36.1, the workers through v1.36.1.",
    ],
    [
      "a topology whose machine image is in variables",
      firstStep(withVariables),
      "From v1.34.0 to v1.35.2.\nThe machine image of v1.35.2 comes with it (variable osImage: ami-1 → ami-2, id of variable vmTemplate of pool md-0: ami-1 → ami-2).",
    ],
    [
      "a template that is copied",
      firstStep(plainCluster({ images: ["ami-1"] })),
      "From v1.34.0 to v1.35.2.\nDockerMachineTemplate c1-cp is for v1.34.0; machine templates are immutable, so a copy for v1.35.2 is added and referred to (ami-1 → ami-2). The old one stays until no machine refers to it.",
    ],
  ])("%s", (_, step, body) => {
    const { kind, name } = step.object;
    expect(commitMessage(step)).toEqual({ title: `Upgrade ${kind} demo/${name} to Kubernetes ${step.to}`, body });
  });

  it("does not tell what stood there where that is not known", () => {
    const step: UpgradeStep = {
      ...firstStep(topologyCluster()),
      kind: "topology",
      controlPlaneThrough: [],
      workersThrough: [],
      variables: [{ variable: "osImage", of: { kind: "control-plane" }, path: [], value: undefined, to: "ami-2" }],
    };
    expect(commitMessage(step).body).toContain("comes with it (variable osImage of the control plane: ami-2).");
  });
});

it("variables that change are told wherever steps are", () => {
  const step = firstStep(withVariables);
  expect(stepWords(step)).toBe(
    "Cluster demo/c1: v1.34.0 → v1.35.2, with variable osImage ami-2, with id of variable vmTemplate of pool md-0 ami-2",
  );
  const plan = planUpgrade(withVariables, { target: "v1.35.2", via: [], images });
  if (plan.kind !== "plan") throw new Error(plan.kind);
  const facts = {
    plan: plan.plan,
    step,
    changes: [],
    rolling: [],
    checks: [],
    budgets: { kind: "asked", holding: [] },
    estimate: undefined,
  } as const;
  expect(pullRequestBody({ clusters: [facts], links: [] })).toContain(
    "1. Cluster `c1`: `v1.34.0` → `v1.35.2`, with variable osImage `ami-2`, with id of variable vmTemplate of pool md-0 `ami-2` **(this one)**\n",
  );
});
