import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { run, type StackDescription } from "../../stack/stack.ts";
import type { Json } from "./scenario.ts";

export interface WatchedValues {
  /** What has been told until now. */
  readonly seen: () => readonly string[];
  /** What has been told once all that is there now was told: a watch may be behind. */
  readonly caughtUp: () => Promise<readonly string[]>;
}

/** Watches by `kubectl get --watch`. `began` resolves once no change can be missed any more. */
export function watchValues(
  { kubectl, kubeconfig }: StackDescription,
  namespace: string,
  kind: string,
  jsonpath: string,
): WatchedValues & { readonly child: ChildProcess; readonly began: Promise<void> } {
  const of = ["--kubeconfig", kubeconfig, "-n", namespace, "get", kind];
  const template = `jsonpath={.metadata.uid} {.metadata.resourceVersion} ${jsonpath}{"\\n"}`;
  // At this level it says each request with its answer.
  const child = spawn(kubectl, [...of, "--watch", "-o", template, "-v=6"], { stdio: ["ignore", "pipe", "pipe"] });
  const values: string[] = [];
  const versions = new Map<string, number>();
  const listeners = new Set<() => void>();
  const told: string[] = [];
  let watching = false;

  createInterface(child.stdout).on("line", (line) => {
    const [uid = "", version = "", ...value] = line.split(" ");
    versions.set(uid, Number(version));
    values.push(value.join(" "));
    for (const listener of listeners) listener();
  });
  createInterface(child.stderr).on("line", (line) => {
    told.push(line);
    watching ||= /watch=true.*200 OK/.test(line);
    for (const listener of listeners) listener();
  });

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        listeners.delete(check);
        child.off("close", onClose);
      };
      const check = (): void => {
        if (!holds()) return;
        leave();
        resolve();
      };
      const onClose = (): void => {
        leave();
        reject(new Error(`the watch of ${kind} ended: ${told.slice(-5).join("\n")}`));
      };
      listeners.add(check);
      child.once("close", onClose);
      check();
      if (child.exitCode !== null || child.signalCode !== null) onClose();
    });
  }

  return {
    child,
    began: until(() => watching),
    seen: () => [...values],
    async caughtUp() {
      const { items }: Json = JSON.parse(await run(kubectl, [...of, "-o", "json"]));
      // Resource versions are compared as numbers, which etcd's are.
      await until(() => items.every(({ metadata }: Json) => (versions.get(metadata.uid) ?? 0) >= Number(metadata.resourceVersion)));
      return [...values];
    },
  };
}
