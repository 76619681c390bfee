import type { Decision, MachineLine } from "../../upgrade/decide.ts";
import { formatDuration } from "../duration.ts";
import type { Terminal } from "../terminal.ts";
import { stepText } from "./plan-text.ts";

export interface ProgressView {
  update(decision: Decision, now: number): void;
  /** Something happened once, such as a commit. */
  note(text: string, now: number): void;
  /** Leaves the screen as it is. */
  end(): void;
}

/** On a terminal: a few lines that are redrawn. Elsewhere: one line, with its time, for each thing that changed. */
export function progressView(terminal: Terminal): ProgressView {
  return terminal.interactive ? liveView(terminal) : plainView(terminal);
}

function plainView(terminal: Terminal): ProgressView {
  const said = new Map<string, string>();
  const say = (now: number, text: string): void => terminal.say(`${clockTime(now)} ${text}`);
  const changed = (key: string, text: string): boolean => {
    if (said.get(key) === text) return false;
    said.set(key, text);
    return true;
  };
  return {
    update({ status }, now) {
      const { phase, progress, currentStep, stepsDone, stepsTotal } = status;
      const step =
        currentStep === undefined ? "" : `, step ${Math.min(stepsDone + 1, stepsTotal)} of ${stepsTotal}: ${stepText(currentStep)}`;
      if (changed("phase", phase + step)) say(now, `${phase}${step}`);
      const present = new Set(progress.machines.map(({ name }) => name));
      for (const machine of progress.machines) {
        const text = machineText(machine);
        if (changed(`machine ${machine.name}`, text)) say(now, `  ${text}`);
      }
      for (const key of said.keys()) {
        const name = /^machine (.*)$/.exec(key)?.[1];
        if (name === undefined || present.has(name)) continue;
        said.delete(key);
        say(now, `  ${name} is gone`);
      }
      if (changed("count", `${progress.done}/${progress.total}`))
        say(now, `${progress.done} of ${progress.total} machines done${estimate(status.estimateSeconds)}`);
      const waiting = `${phase} ${status.message}`;
      if ((phase === "delivering" || phase === "planning") && changed("message", waiting)) say(now, status.message);
    },
    note: (text, now) => say(now, text),
    end: () => undefined,
  };
}

function liveView(terminal: Terminal): ProgressView {
  let drawn = 0;
  const erase = (): string => (drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`);
  return {
    update({ status }, now) {
      const { phase, progress, currentStep, stepsDone, stepsTotal, message } = status;
      // All of it must stay on the screen: the cursor cannot go back to lines that were scrolled away.
      const most = Math.max(1, Math.min(20, terminal.rows - 6));
      const machines = progress.machines.toSorted((a, b) => rank(a) - rank(b)).slice(0, most);
      const lines = [
        `${clockTime(now)} ${phase} ${progress.done}/${progress.total} machines${estimate(status.estimateSeconds)}`,
        ...(currentStep === undefined ? [] : [`step ${Math.min(stepsDone + 1, stepsTotal)} of ${stepsTotal}: ${stepText(currentStep)}`]),
        ...message.split("\n").slice(0, 1),
        ...machines.map((machine) => `  ${machineText(machine)}`),
        ...(progress.machines.length > most ? [`  and ${progress.machines.length - most} more`] : []),
      ].map((line) => line.slice(0, terminal.columns - 1));
      terminal.say(`${erase()}${[terminal.paint("bold", lines[0] ?? ""), ...lines.slice(1)].join("\n")}`);
      drawn = lines.length;
    },
    note(text, now) {
      terminal.say(`${erase()}${clockTime(now)} ${text}`);
      drawn = 0;
    },
    end() {
      drawn = 0;
    },
  };
}

/** What moves or is stuck first, what is done last. */
function rank({ state }: MachineLine): number {
  return { leaving: 0, starting: 1, waiting: 2, done: 3 }[state];
}

function machineText({ name, version, kubeletVersion, state, detail }: MachineLine): string {
  const words = { waiting: "waits its turn", starting: "is starting", leaving: "is leaving", done: "is done" }[state];
  const running = kubeletVersion === undefined ? "" : `, kubelet ${kubeletVersion}`;
  return `${name} (${version ?? "no version"}${running}) ${words}${detail === undefined ? "" : `: ${detail.split("\n")[0]}`}`;
}

function estimate(seconds: number | undefined): string {
  return seconds === undefined ? "" : `, about ${formatDuration(seconds)} left at the pace so far`;
}

function clockTime(now: number): string {
  return `${new Date(now).toISOString().slice(11, 19)}Z`;
}
