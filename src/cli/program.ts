import { Command, Option, type CommanderError } from "commander";
import type { ExitCode } from "./exit-codes.ts";
import { exitCodes } from "./exit-codes.ts";

/** The command line. Each command's code is loaded when it is run: help and errors of usage come at once. */
export function createProgram(name: string, done: (code: ExitCode) => void): Command {
  const program = new Command(name)
    .description(
      "Keeps Cluster API clusters on the Kubernetes version that their owners declared, through Git, and proves it on every machine.",
    )
    .option("-n, --namespace <name>", "namespace of the cluster (default: the context's)")
    .option("--kubeconfig <file>", "kubeconfig of the management cluster (default: $KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option("--context <name>", "context of the kubeconfig")
    .option("--as <user>", "act as this user (impersonation)")
    .option("--as-group <group>", "act as a member of this group; may be repeated", collect, [])
    .addOption(new Option("-o, --output <format>", "table, wide, json or yaml").default("table"))
    .option("--request-timeout <duration>", "time limit of one request to the management cluster", "30s")
    .option("--no-color", "no colours (also: NO_COLOR)")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(`(${name} --help tells more)`)
    .addHelpText("after", exitCodeHelp);

  const command = (usage: string, description: string, example: string): Command =>
    program.command(usage).description(description).addHelpText("after", `\nExample:\n  $ ${name} ${example}`);

  command("status", "every cluster: what is declared, what runs, what is in the way", "status")
    .option("-A, --all-namespaces", "all namespaces (the default without -n)")
    .action(async (_options, self: Command) => done(await (await import("./commands/status.ts")).status(self.optsWithGlobals())));

  command(
    "describe <cluster>",
    "one cluster as a tree, with what every machine really runs, and who owns the version",
    "describe capi-quickstart -n capi-quickstart",
  ).action(async (cluster: string, _options, self: Command) =>
    done(await (await import("./commands/describe.ts")).describe(cluster, self.optsWithGlobals())),
  );

  command("plan <cluster>", "the steps to a version, or every reason why not", "plan capi-quickstart -n capi-quickstart --to v1.35.2")
    .requiredOption("--to <version>", "Kubernetes version, such as v1.35.2")
    .option("--via <version>", "version to step through, one per minor in between; may be repeated", collect, [])
    .option("--catalog <name>", catalogHelp)
    .option("--no-catalog", "read no ReleaseCatalog")
    .action(async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/plan.ts")).plan(cluster, self.optsWithGlobals())),
    );

  command(
    "upgrade <cluster>",
    "bring a cluster to a version, through the repository that declares it",
    "upgrade capi-quickstart -n capi-quickstart --to v1.35.2 --repo https://git.example.com/fleet.git --wait",
  )
    .requiredOption("--to <version>", "Kubernetes version, such as v1.35.2")
    .option("--via <version>", "version to step through, one per minor in between; may be repeated", collect, [])
    .option("--catalog <name>", catalogHelp)
    .option("--no-catalog", "read no ReleaseCatalog")
    .option("--repo <url>", "Git repository that declares the cluster")
    .option("--base-branch <name>", "branch that is applied (default: the repository's)")
    .option("--branch <name>", "push to this branch for review instead; somebody merges it")
    .option("--path <folder>", "folder of the repository that declares the cluster")
    .option("--no-git", "write to the management cluster directly, by server-side apply")
    .option("--override", "with --no-git: write although Argo CD or Flux applies the object")
    .option("--dry-run", "show the plan and the first change; write nothing")
    .option("--wait", "go on until the upgrade is proven, step by step")
    .option("--hold <duration>", "how long the proof must hold", "60s")
    .option("--stall <duration>", "give up when nothing moves for this long", "30m")
    .option("--timeout <duration>", "give up after this long", "4h")
    .option(
      "--retire-templates",
      "with --wait: take out the machine templates that the upgrade replaced, in this run or before, once nothing refers to them",
    )
    .option("--again", "make a change once more that somebody reverted")
    .option("--author <author>", 'author of the commits, as "Name <mail>"')
    .option("--sign-off", "add a Signed-off-by trailer")
    .option("--sign <kind>", "sign commits: ssh or gpg")
    .option("--signing-key <key>", "file of the ssh key, or id of the gpg key")
    .option("--token-file <file>", "file with a token for https (or set CAPI_GITOPS_GIT_TOKEN)")
    .option("--ssh-key <file>", "ssh private key")
    .option("--known-hosts <file>", "host keys to trust, with --ssh-key")
    .action(async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/upgrade.ts")).upgrade(cluster, self.optsWithGlobals())),
    );

  command(
    "verify <cluster>",
    "prove that everything runs a version, and keeps doing so",
    "verify capi-quickstart -n capi-quickstart --hold 60s",
  )
    .option("--version <version>", "version to prove (default: the declared one)")
    .option("--repo <url>", "Git repository that declares the cluster: what it says is proven too")
    .option("--base-branch <name>", "branch that is applied (default: the repository's)")
    .option("--path <folder>", "folder of the repository that declares the cluster")
    .option("--token-file <file>", "file with a token for https (or set CAPI_GITOPS_GIT_TOKEN)")
    .option("--ssh-key <file>", "ssh private key")
    .option("--known-hosts <file>", "host keys to trust, with --ssh-key")
    .option("--hold <duration>", "how long the proof must hold", "60s")
    .option("--timeout <duration>", "give up after this long", "10m")
    .action(async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/verify.ts")).verify(cluster, self.optsWithGlobals())),
    );

  command("repair <cluster>", "mend a wedged topology; shows what it will do and asks", "repair capi-quickstart -n capi-quickstart")
    .option("-y, --yes", "do it without asking")
    .option("--dry-run", "only show what would be done")
    .option("--timeout <duration>", "how long to wait until it is mended", "2m")
    .action(async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/repair.ts")).repair(cluster, self.optsWithGlobals())),
    );

  command("policies", "upgrade policies: how many of their clusters are where, and why", "policies -o wide").action(
    async (_options, self: Command) => done(await (await import("./commands/policies.ts")).policies(self.optsWithGlobals())),
  );

  command(
    "history <cluster>",
    "the upgrades of a cluster (ClusterUpgrade), newest first; -o wide has their timeline",
    "history capi-quickstart -n capi-quickstart -o wide",
  ).action(async (cluster: string, _options, self: Command) =>
    done(await (await import("./commands/history.ts")).history(cluster, self.optsWithGlobals())),
  );

  command("approve <cluster>", "say yes to what the cluster's upgrade waits for", "approve capi-quickstart -n capi-quickstart")
    .option("--control-plane", "to the control plane, also before it is asked for")
    .option("--workers", "to the workers, also before it is asked for")
    .action(async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/approve.ts")).approve(cluster, self.optsWithGlobals())),
    );

  command(
    "pause <cluster>",
    "stop the cluster's upgrade: nothing is written, pools stop between two machines",
    "pause capi-quickstart -n capi-quickstart",
  ).action(async (cluster: string, _options, self: Command) =>
    done(await (await import("./commands/pause.ts")).pause(cluster, self.optsWithGlobals())),
  );

  command("resume <cluster>", "let a paused upgrade go on", "resume capi-quickstart -n capi-quickstart").action(
    async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/resume.ts")).resume(cluster, self.optsWithGlobals())),
  );

  command("cancel <cluster>", "give the cluster's upgrade up; shows what that means, and asks", "cancel capi-quickstart -n capi-quickstart")
    .option("-y, --yes", "do it without asking")
    .action(async (cluster: string, _options, self: Command) =>
      done(await (await import("./commands/cancel.ts")).cancel(cluster, self.optsWithGlobals())),
    );

  command(
    "retry <cluster>",
    "begin an upgrade anew that was refused, contradicted or timed out",
    "retry capi-quickstart -n capi-quickstart",
  ).action(async (cluster: string, _options, self: Command) =>
    done(await (await import("./commands/retry.ts")).retry(cluster, self.optsWithGlobals())),
  );

  command(
    "skip-soak <cluster>",
    "call the cluster's upgrade proven as soon as everything is, without holding",
    "skip-soak capi-quickstart -n capi-quickstart",
  ).action(async (cluster: string, _options, self: Command) =>
    done(await (await import("./commands/skip-soak.ts")).skipSoak(cluster, self.optsWithGlobals())),
  );
  command(
    "operator",
    "upgrades by policy: runs until it is stopped, in the management cluster or anywhere with a kubeconfig",
    "operator --no-leader-elect",
  )
    .option("--no-leader-elect", "be the only one, without a Lease (for one process on a laptop)")
    .option("--shard <which/count>", "work on a part of the fleet: 2/5 is the second of five")
    .option(
      "--cluster-selector <labels>",
      "work on the clusters with these labels only, as kubectl -l takes them; other replica sets have the others",
    )
    .option("--concurrency <number>", "upgrades that are worked on at the same time", "8")
    .option("--metrics-address <host:port>", "where /metrics, /healthz and /readyz are served; 0: nowhere", ":8080")
    .option("--log-level <level>", "debug, info, warn, error or silent", "info")
    .option("--git-cache <folder>", "keep copies of repositories there (default: temporary ones)")
    .action(async (_options, self: Command) => done(await (await import("./commands/operator.ts")).operator(self.optsWithGlobals())));

  command("sandbox", "a simulated management cluster to play with: no cluster is needed, and none is touched", "sandbox --speed 10")
    .option("--directory <folder>", "keep the kubeconfig and the Git repository there (default: a temporary folder, gone at the end)")
    .option("--files <folder>", "start with these files in the repository instead; what is below clusters/ is applied")
    .option("--clusters <number>", "start with a fleet of so many clusters of ten machines instead, copies of one that has come up")
    .option("--port <number>", "port on 127.0.0.1 (default: any free one)")
    .option("--speed <factor>", "seconds of the sandbox for each second of the clock", "1")
    .option("--seed <number>", "decides every name and delay", "1")
    .action(async (_options, self: Command) => done(await (await import("./commands/sandbox.ts")).sandbox(self.optsWithGlobals())));

  command("version", "the version of this program (also: --version), and of the management cluster", "version --server")
    .option("--server", "ask the management cluster too")
    .action(async (_options, self: Command) => done(await (await import("./commands/version.ts")).version(self.optsWithGlobals())));

  for (const sub of program.commands) sub.exitOverride().configureHelp({ showGlobalOptions: true });
  return program;
}

const catalogHelp = "ReleaseCatalog that tells the machine images of versions (default: the one named default, if there is one)";

const exitCodeHelp = `
Exit codes: 0 done or proven, 1 unexpected, 2 usage, 3 refused or blocked, 4 contradicted (reverted, wedged), 5 timed out, 130 stopped by Ctrl-C.`;

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** What commander ended with: help and version are no failures. */
export function commanderExit(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
