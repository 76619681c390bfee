import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** End-to-end tests that take minutes, the longest one first: what is begun last decides when all is over. */
const longest: readonly string[] = [
  "sandbox-fidelity",
  "upgrade",
  "operator",
  "gitops",
  "faults",
  "contradictions",
  "around-an-upgrade",
  "sandbox-fidelity-https",
  "seed-walk",
  "reading",
  "machine-pool",
];

/** Vitest's own order is by size for what it has not run here before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.indexOf(basename(moduleId, ".e2e.test.ts"));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}
