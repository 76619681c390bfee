/** The repository that a forge holds. */
export interface ForgeGround {
  tip(branch: string): Promise<string | undefined>;
  deleteBranch(branch: string): Promise<void>;
  /** Whether the branch has commits that the base branch has not. */
  isAhead(base: string, branch: string): Promise<boolean>;
  mergesCleanly(base: string, commit: string): Promise<boolean>;
  /** Gives what the base branch is at then. */
  merge(base: string, commit: string, message: string): Promise<string>;
}

export interface ModelPull {
  readonly number: number;
  title: string;
  body: string;
  readonly head: string;
  readonly base: string;
  /** Somebody's fork: its branch has the same name and is another. */
  readonly fork: boolean;
  draft: boolean;
  state: "open" | "closed" | "merged";
  /** The head's tip while it is open, what it was afterwards. */
  headCommit: string;
  mergeCommit: string | undefined;
  closedBy: string | undefined;
  closedAt: string | undefined;
  armed: boolean;
  readonly comments: string[];
  readonly approvals: string[];
}

export interface ModelCheck {
  readonly name: string;
  readonly state: "success" | "failure" | "pending";
}

/** What all forges do with pull requests; the three fakes are faces of it. */
export interface ForgeModel {
  readonly pulls: ModelPull[];
  readonly rules: { requiredApprovals: number; requiresChecks: boolean; allowsAutoMerge: boolean };
  /** So many looks at a pull request find its mergeability not yet worked out. */
  undecidedLooks: number;
  tip(branch: string): Promise<string | undefined>;
  deleteBranch(branch: string): Promise<boolean>;
  create(request: {
    title: string;
    body: string;
    head: string;
    base: string;
    fork?: boolean;
  }): Promise<ModelPull | "exists" | "no-commits">;
  /** Its head commit brought up to date. */
  read(number: number): Promise<ModelPull | undefined>;
  find(head: string, base: string): Promise<readonly ModelPull[]>;
  checks(commit: string): readonly ModelCheck[];
  /** Runs or ends a check; what is armed merges when nothing is in its way any more. */
  report(commit: string, ...checks: readonly ModelCheck[]): Promise<void>;
  approve(number: number, user: string): Promise<void>;
  blockers(pull: ModelPull): Promise<readonly ("conflict" | "draft" | "checks" | "reviews")[]>;
  undecided(): boolean;
  merge(number: number): Promise<string>;
  close(number: number, user: string): void;
}

const at = "2026-05-04T10:00:00Z";

export function forgeModel(ground: ForgeGround): ForgeModel {
  const pulls: ModelPull[] = [];
  const results = new Map<string, readonly ModelCheck[]>();
  const rules = { requiredApprovals: 0, requiresChecks: false, allowsAutoMerge: true };

  async function mergeArmed(): Promise<void> {
    for (const pull of pulls) {
      const green = model.checks(pull.headCommit).every(({ state }) => state === "success");
      if (pull.state === "open" && pull.armed && green && (await model.blockers(pull)).length === 0) await model.merge(pull.number);
    }
  }

  const model: ForgeModel = {
    pulls,
    rules,
    undecidedLooks: 0,
    tip: (branch) => ground.tip(branch),
    async deleteBranch(branch) {
      if ((await model.tip(branch)) === undefined) return false;
      await ground.deleteBranch(branch);
      return true;
    },
    async create({ title, body, head, base, fork = false }) {
      const tip = await model.tip(head);
      if (tip === undefined || (!fork && !(await ground.isAhead(base, head)))) return "no-commits";
      if (pulls.some((one) => one.state === "open" && one.head === head && one.base === base && one.fork === fork)) return "exists";
      const pull: ModelPull = {
        number: pulls.length + 1,
        title,
        body,
        head,
        base,
        fork,
        draft: false,
        state: "open",
        headCommit: tip,
        mergeCommit: undefined,
        closedBy: undefined,
        closedAt: undefined,
        armed: false,
        comments: [],
        approvals: [],
      };
      pulls.push(pull);
      return pull;
    },
    async read(number) {
      const pull = pulls.find((one) => one.number === number);
      if (pull?.state === "open") pull.headCommit = (await model.tip(pull.head)) ?? pull.headCommit;
      return pull;
    },
    async find(head, base) {
      const found = pulls.filter((one) => one.head === head && one.base === base).toReversed();
      for (const { number } of found) await model.read(number);
      return found;
    },
    checks: (commit) => results.get(commit) ?? [],
    async report(commit, ...checks) {
      const names = new Set(checks.map(({ name }) => name));
      results.set(commit, [...model.checks(commit).filter(({ name }) => !names.has(name)), ...checks]);
      await mergeArmed();
    },
    async approve(number, user) {
      pulls.find((one) => one.number === number)?.approvals.push(user);
      await mergeArmed();
    },
    async blockers(pull) {
      const clean = await ground.mergesCleanly(pull.base, pull.headCommit);
      const checks = model.checks(pull.headCommit);
      return [
        ...(clean ? [] : (["conflict"] as const)),
        ...(pull.draft ? (["draft"] as const) : []),
        ...(rules.requiresChecks && (checks.length === 0 || checks.some(({ state }) => state !== "success")) ? (["checks"] as const) : []),
        ...(pull.approvals.length < rules.requiredApprovals ? (["reviews"] as const) : []),
      ];
    },
    undecided() {
      model.undecidedLooks -= 1;
      return model.undecidedLooks >= 0;
    },
    async merge(number) {
      const pull = (await model.read(number))!;
      const commit = await ground.merge(pull.base, pull.headCommit, `Merge ${number}`);
      Object.assign(pull, { state: "merged", mergeCommit: commit, closedAt: at });
      return commit;
    },
    close(number, user) {
      const pull = pulls.find((one) => one.number === number);
      if (pull !== undefined) Object.assign(pull, { state: "closed", closedBy: user, closedAt: at });
    },
  };
  return model;
}
