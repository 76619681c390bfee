import type { Proof, ProofLink } from "../../upgrade/upgrade-types.ts";
import { contradictionText } from "../failure.ts";
import type { Paint, Terminal } from "../terminal.ts";

const marks: Readonly<Record<ProofLink["state"], readonly [string, Paint]>> = {
  proven: ["✓", "good"],
  pending: ["…", "warn"],
  broken: ["✗", "bad"],
  unknown: ["?", "warn"],
  "not-applicable": ["–", "dim"],
};

/** The chain, link by link, with what was seen, then the verdict and who speaks against it. */
export function proofText(terminal: Terminal, proof: Proof): string {
  const width = Math.max(...proof.links.map(({ link }) => link.length));
  const links = proof.links.map(({ link, state, evidence }) => {
    const [mark, paint] = marks[state];
    return `${terminal.paint(paint, mark)} ${link.padEnd(width)}  ${evidence}`;
  });
  return [...links, `${proof.version}: ${proof.verdict}`, ...proof.contradictions.map((one) => contradictionText(terminal, one))].join(
    "\n",
  );
}
