import { cronOpenings } from "../../upgrade/policy/cron-openings.ts";
import { isTimeZone } from "../../upgrade/policy/local-time.ts";
import { parseVersion } from "../../upgrade/kubernetes-version.ts";
import type { Exclusion, MaintenanceWindow, Schedule } from "../../upgrade/policy/schedule.ts";
import type { ApprovalRule, AttemptSettings, WindowEnd } from "../../upgrade/policy/upgrade-policy.ts";
import type { ObjectFields } from "./object-fields.ts";
import { notificationEvents, type GitSettings, type NotificationTarget } from "./settings.ts";

const approvals: Readonly<Record<string, ApprovalRule>> = {
  None: [],
  BeforeControlPlane: ["control-plane"],
  BeforeWorkers: ["workers"],
  BeforeEach: ["control-plane", "workers"],
};
const windowEnds: Readonly<Record<string, WindowEnd>> = { HardStop: "hard-stop", FinishPool: "finish-pool", Finish: "finish" };

/** The settings that UpgradePolicy and ClusterUpgrade share; `spec` is that of either. */
export function readSettings(spec: ObjectFields): AttemptSettings {
  const schedule = spec.fields("schedule");
  const proof = spec.fields("proof");
  return {
    schedule: readSchedule(schedule),
    atWindowEnd: schedule.choice("atWindowEnd", windowEnds, "finish-pool"),
    approval: spec.choice("approval", approvals, []),
    holdSeconds: proof.seconds("hold", 60),
    stallSeconds: positiveSeconds(proof, "stall", 1_800),
    retireOldTemplates: spec.flag("retireOldTemplates"),
  };
}

function readSchedule(schedule: ObjectFields): Schedule {
  const timeZone = schedule.text("timeZone") ?? "UTC";
  if (!isTimeZone(timeZone)) {
    schedule.refuse(
      "timeZone",
      timeZone,
      "is no time zone that is known here, so that nobody can tell when windows open",
      "Write a name of the IANA database, as Europe/Berlin, or UTC.",
    );
  }
  return {
    timeZone,
    windows: schedule.items("windows").map((window) => readWindow(window, isTimeZone(timeZone) ? timeZone : "UTC")),
    exclusions: schedule.items("exclusions").map(readExclusion),
  };
}

function readWindow(window: ObjectFields, timeZone: string): MaintenanceWindow {
  const cron = window.requiredText("cron");
  if (cron !== "" && typeof cronOpenings(cron, timeZone) === "string") {
    window.refuse(
      "cron",
      cron,
      "is not a cron expression of five fields",
      "Write minute, hour, day of month, month and day of week, as 0 22 * * MON-THU.",
    );
  }
  if (!window.has("duration")) window.requiredText("duration");
  return { cron, durationSeconds: positiveSeconds(window, "duration", 1) };
}

function readExclusion(exclusion: ObjectFields): Exclusion {
  const [from, until] = (["from", "until"] as const).map((name) => {
    if (!exclusion.has(name)) exclusion.requiredText(name);
    return exclusion.time(name);
  });
  if (from !== undefined && until !== undefined && from >= until) {
    exclusion.refuse(
      "until",
      exclusion.text("until"),
      "is not later than from",
      "Set until to when the exclusion ends, and from to when it begins.",
    );
  }
  const scope = exclusion.choice<Exclusion["scope"]>("scope", { All: "all", Minor: "minor" }, "all");
  return { name: exclusion.requiredText("name"), from: from ?? 0, until: until ?? 0, scope };
}

export function positiveSeconds(fields: ObjectFields, name: string, fallback: number): number {
  const seconds = fields.seconds(name, fallback);
  if (seconds === 0) fields.refuse(name, fields.text(name), "is no time at all", "Write a duration from 1s up, as 30m.");
  return seconds;
}

export function readGit(spec: ObjectFields): GitSettings {
  const git = spec.fields("git");
  const [repository, forge] = [git.fields("repository"), git.fields("forge")];
  const url = repository.text("url");
  if (url !== undefined && /^https?:\/\/[^/]*@/.test(url)) {
    repository.refuse(
      "url",
      "an address with a password in it",
      "everybody can read who reads this object",
      "Take it out, change it (it is no secret any more), and name a Secret in git.credentialsSecretRef.",
    );
  }
  const author = git.has("author") ? git.fields("author") : undefined;
  return {
    mode: git.choice<GitSettings["mode"]>("mode", { Push: "push", PullRequest: "pull-request", Direct: "direct" }, "push"),
    credentialsSecret: secretName(git, "credentialsSecretRef"),
    useEngineCredentials: git.flag("useEngineCredentials"),
    repository: { url, branch: repository.text("branch"), path: repository.text("path") },
    author: author && { name: author.requiredText("name"), email: author.requiredText("email") },
    signOff: git.flag("signOff"),
    signingSecret: secretName(git, "signingSecretRef"),
    forge: {
      kind: forge.choice<GitSettings["forge"]["kind"]>(
        "kind",
        { GitHub: "github", GitLab: "gitlab", Gitea: "gitea", Forgejo: "forgejo" },
        undefined,
      ),
      apiUrl: forge.text("apiURL"),
    },
    pullRequestPer: git.choice<GitSettings["pullRequestPer"]>("pullRequestPer", { Cluster: "cluster", Policy: "policy" }, "cluster"),
    autoMerge: git.flag("autoMerge"),
  };
}

export function readNotifications(spec: ObjectFields): readonly NotificationTarget[] {
  return spec.items("notifications").map((target) => ({
    name: target.requiredText("name"),
    format: target.choice<NotificationTarget["format"]>("format", { Slack: "slack", JSON: "json", CloudEvents: "cloud-events" }, "json"),
    secret: target.fields("secretRef").requiredText("name"),
    on: readEvents(target),
  }));
}

function readEvents(target: ObjectFields): NotificationTarget["on"] {
  const words = target.texts("on");
  if (words === undefined) return Object.values(notificationEvents);
  return words.flatMap((word, index) => {
    const found = Object.entries(notificationEvents).find(([name]) => name === word);
    if (found === undefined) {
      const known = Object.keys(notificationEvents).join(", ");
      target.refuse(`on[${index}]`, word, `is not one of ${known}`, `Write ${known}, or leave on out for all of them.`);
    }
    return found === undefined ? [] : [found[1]];
  });
}

export function secretName(fields: ObjectFields, name: string): string | undefined {
  return fields.has(name) ? fields.fields(name).requiredText("name") : undefined;
}

/** A version that is needed; refused, and empty, where it is none. */
export function readVersion(fields: ObjectFields, name: string): string {
  const text = fields.requiredText(name);
  if (text !== "") checkVersion(fields, name, text);
  return text;
}

export function checkVersion(fields: ObjectFields, name: string, text: string): void {
  if (parseVersion(text) === undefined)
    fields.refuse(name, text, "is not a Kubernetes version", "Write it with v and three numbers, as v1.35.2.");
}
