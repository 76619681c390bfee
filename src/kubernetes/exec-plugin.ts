import { spawn } from "node:child_process";
import { CredentialsError } from "./errors.ts";
import { isSettings } from "./kubeconfig-files.ts";

type Settings = Readonly<Record<string, unknown>>;

/** What a credential plugin gave: a token, a client certificate with its key, or both. */
export interface ExecCredential {
  readonly token: string | undefined;
  /** PEM. */
  readonly certificate: string | undefined;
  /** PEM. */
  readonly key: string | undefined;
  /** Epoch milliseconds; infinite where the plugin names no end. */
  readonly expiresAt: number;
}

export interface ExecPluginOptions {
  /** `users[].user.exec` of the kubeconfig. */
  readonly exec: Settings;
  /** `spec.cluster` of the request, which is given to plugins with `provideClusterInfo`. */
  readonly cluster: Settings;
  readonly environment: NodeJS.ProcessEnv;
  /** Whether a person sits at standard input. */
  readonly terminal: boolean;
}

const apiVersions: readonly string[] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** A plugin that nobody can answer is not waited for any longer. */
const longestRunMilliseconds = 60_000;

/**
 * Runs a credential plugin as kubectl does (client.authentication.k8s.io): the request in `$KUBERNETES_EXEC_INFO`, the answer on standard output. What the
 * plugin says on standard error is for the person at the terminal, and is quoted when it fails; its standard output is never quoted. Rejects with
 * CredentialsError.
 */
export async function runExecPlugin(options: ExecPluginOptions): Promise<ExecCredential> {
  const { exec, terminal } = options;
  const command = text(exec["command"]) ?? "";
  const name = `The credential plugin ${command}`;
  const apiVersion = text(exec["apiVersion"]) ?? "";
  if (command === "") throw new CredentialsError("The user's exec section in the kubeconfig names no command.");
  if (!apiVersions.includes(apiVersion)) {
    throw new CredentialsError(
      `${name} is set up for "${apiVersion}"; only ${apiVersions.join(" and ")} are supported. Update the plugin and the kubeconfig.`,
    );
  }
  const mode = text(exec["interactiveMode"]) ?? "IfAvailable";
  if (mode === "Always" && !terminal) {
    throw new CredentialsError(
      `${name} wants to ask somebody (interactiveMode: Always), but standard input is not a terminal. Use credentials that ask nobody.`,
    );
  }
  const interactive = mode !== "Never" && terminal;
  const request = {
    kind: "ExecCredential",
    apiVersion,
    spec: { interactive, ...(exec["provideClusterInfo"] === true ? { cluster: options.cluster } : {}) },
  };
  const output = await run(command, options, interactive, JSON.stringify(request));
  return credentialFrom(output, name, apiVersion);
}

function run(command: string, { exec, environment }: ExecPluginOptions, interactive: boolean, request: string): Promise<string> {
  const args = Array.isArray(exec["args"]) ? exec["args"].map(String) : [];
  const env: NodeJS.ProcessEnv = { ...environment };
  for (const variable of Array.isArray(exec["env"]) ? (exec["env"] as readonly unknown[]) : []) {
    if (isSettings(variable) && typeof variable["name"] === "string") env[variable["name"]] = text(variable["value"]) ?? "";
  }
  env["KUBERNETES_EXEC_INFO"] = request;
  const hint = text(exec["installHint"]);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: [interactive ? "inherit" : "ignore", "pipe", "pipe"],
      ...(interactive ? {} : { timeout: longestRunMilliseconds }),
    });
    let [output, talk] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      talk = (talk + chunk).slice(-2_000);
      if (interactive) process.stderr.write(chunk);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "was not found" : `cannot be run (${error.code ?? "unknown error"})`;
      reject(
        new CredentialsError(
          `The credential plugin ${command} ${why}. ${hint ?? "Install it, put it on the PATH, or use another context."}`,
        ),
      );
    });
    child.on("close", (status, signal) => {
      if (status === 0) resolve(output);
      else {
        const how =
          signal === null
            ? `failed with exit status ${status}`
            : `was ended by ${signal}${interactive ? "" : ` (it may take ${longestRunMilliseconds / 1000} s)`}`;
        reject(new CredentialsError(`The credential plugin ${command} ${how}: ${withoutTokens(talk.trim()) || "it gave no reason."}`));
      }
    });
  });
}

function credentialFrom(output: string, name: string, apiVersion: string): ExecCredential {
  const answer = parsed(output);
  if (answer?.["kind"] !== "ExecCredential") throw new CredentialsError(`${name} did not print an ExecCredential.`);
  if (answer["apiVersion"] !== apiVersion) {
    throw new CredentialsError(
      `${name} answered in another version than the kubeconfig asks for, which is ${apiVersion}. Make the two agree.`,
    );
  }
  const status = isSettings(answer["status"]) ? answer["status"] : {};
  const [token, certificate, key] = [text(status["token"]), text(status["clientCertificateData"]), text(status["clientKeyData"])];
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw new CredentialsError(`${name} gave neither a token nor a client certificate with its key.`);
  }
  const expiresAt = Date.parse(text(status["expirationTimestamp"]) ?? "");
  return { token, certificate, key, expiresAt: Number.isNaN(expiresAt) ? Number.POSITIVE_INFINITY : expiresAt };
}

function parsed(output: string): Settings | undefined {
  try {
    const value: unknown = JSON.parse(output);
    return isSettings(value) ? value : undefined;
  } catch {
    // The parser's message quotes what it could not read.
    return undefined;
  }
}

/** JSON web tokens and `Bearer …`, which some plugins print when they trace. */
function withoutTokens(talk: string): string {
  return talk.replaceAll(/eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, "(token)").replaceAll(/(bearer\s+)\S+/gi, "$1(token)");
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
