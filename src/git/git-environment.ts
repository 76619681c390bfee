/** A Git configuration entry that travels in the environment: not in an argv, not on disk. */
export type ConfigEntry = readonly [key: string, value: string];

export type Environment = Readonly<Record<string, string | undefined>>;

/** From the surrounding process: how to find programs and the network. No `GIT_*` but the CA, no `HOME` (curl reads `~/.netrc`, ssh `~/.ssh`). */
const kept = [
  "PATH",
  "TMPDIR",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "GIT_SSL_CAINFO",
  "GIT_SSL_CAPATH",
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]),
];

/** With `ambient` credentials, also what finds a person's own credentials. */
const keptForAmbient = [
  "HOME",
  "XDG_CONFIG_HOME",
  "XDG_RUNTIME_DIR",
  "USER",
  "LOGNAME",
  "DISPLAY",
  "DBUS_SESSION_BUS_ADDRESS",
  "SSH_AUTH_SOCK",
  "SSH_ASKPASS",
  "GIT_ASKPASS",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_SSH_VARIANT",
  "GNUPGHOME",
];

/** Settings that no machine's configuration may change. Each is here because its opposite would run a program, change a commit or push more than asked. */
const fixedConfig: readonly ConfigEntry[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.attributesFile", "/dev/null"],
  ["protocol.version", "2"],
  ["protocol.ext.allow", "never"],
  ["maintenance.auto", "false"],
  ["gc.auto", "0"],
  ["fastimport.unpackLimit", "1"],
  ["fetch.recurseSubmodules", "false"],
  ["push.followTags", "false"],
  ["push.gpgSign", "false"],
  ["log.showSignature", "false"],
  ["i18n.commitEncoding", "UTF-8"],
  ["i18n.logOutputEncoding", "UTF-8"],
  // A connection that moves less than one byte a second for a minute is dead.
  ["http.lowSpeedLimit", "1"],
  ["http.lowSpeedTime", "60"],
];

export interface EnvironmentRequest {
  /** The surrounding process's environment. */
  readonly surrounding: Environment;
  /** Keeps what finds a person's own credentials, and nothing else of their configuration. */
  readonly ambient: boolean;
  /** An empty private directory, in place of the home directory. */
  readonly home: string;
  /** The only protocol that git may speak. */
  readonly protocol: string;
  readonly config: readonly ConfigEntry[];
  readonly variables: Readonly<Record<string, string>>;
}

/** The whole environment of every git process: what is not in it does not reach git. */
export function gitEnvironment({ surrounding, ambient, home, protocol, config, variables }: EnvironmentRequest): Record<string, string> {
  const environment: Record<string, string> = { HOME: home, XDG_CONFIG_HOME: home };
  for (const name of ambient ? [...kept, ...keptForAmbient] : kept) {
    const value = surrounding[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, {
    LC_ALL: "C",
    TZ: "UTC",
    // Git 3 would write other references than the ones that `local-copy.ts` reads.
    GIT_DEFAULT_REF_FORMAT: "files",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ADVICE: "0",
    ...variables,
    ...configVariables([...fixedConfig, ...config]),
  });
  return environment;
}

/** `GIT_CONFIG_COUNT` and its pairs (git-config(1), git >= 2.31). */
export function configVariables(entries: readonly ConfigEntry[]): Record<string, string> {
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(pairs) };
}
