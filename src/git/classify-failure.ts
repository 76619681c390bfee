import { GitError, type GitErrorKind } from "./git-error.ts";

interface Row {
  readonly kind: GitErrorKind;
  readonly pattern: RegExp;
  readonly meaning: string;
  readonly remedy: string;
}

/** What git, curl, ssh and the forges say (with LC_ALL=C), first match wins. The one place where such texts are read. */
const rows: readonly Row[] = [
  {
    kind: "signing",
    pattern:
      /failed to sign|couldn't load public key|couldn't sign|secret key not available|incorrect passphrase|no secret key|failed to write commit object/i,
    meaning: "The commit could not be signed, so none was made",
    remedy: "Check that the signing key is a private key of the stated kind, and its passphrase",
  },
  {
    kind: "unknown-host",
    pattern: /could not resolve (host|proxy)|name or service not known|temporary failure in name resolution|nodename nor servname/i,
    meaning: "The remote's host name has no address here: DNS did not answer, or the name is wrong",
    remedy: "Check the host in the URL, and DNS where this runs",
  },
  {
    kind: "host-key",
    pattern: /host key verification failed|remote host identification has changed|no \S+ host key is known/i,
    meaning: "The server's ssh key is not among the known hosts, so it may be somebody else; nothing was sent",
    remedy: "Compare `ssh-keyscan` with what the server's owner publishes, and put the line into the known hosts of these credentials",
  },
  {
    kind: "configuration",
    pattern: /no user exists for uid/i,
    meaning: "ssh does not run for a user that the machine, or the image, has no name for; nothing was sent",
    remedy: "Run as the user of the image (65532), or reach the repository by https",
  },
  {
    kind: "tls",
    pattern:
      /ssl certificate|certificate verif|unable to get local issuer|gnutls|ssl routines|ssl_connect|tls handshake|certificate subject name/i,
    meaning: "The server's certificate was not accepted, so nothing was sent",
    remedy: "Give the CA that signed it (GIT_SSL_CAINFO or SSL_CERT_FILE), or correct the host in the URL",
  },
  {
    kind: "authentication",
    pattern:
      /authentication failed|could not read (username|password)|returned error: 401|permission denied \([a-z,-]*publickey|access denied|invalid username or (password|token)|bad credentials|unprotected private key|error in libcrypto|invalid format/i,
    meaning: "The remote did not accept the credentials (or wants some, and there are none)",
    remedy: "Renew the token or key, and check that it belongs to this host",
  },
  {
    kind: "authorization",
    pattern:
      /returned error: 403|permission to .* denied|write access to repository not granted|not allowed to (push|upload|download)|insufficient permission|marked as read.only|archived so it is read-only|you don't have permission|permission denied/i,
    meaning: "The remote knows these credentials, but they do not allow this",
    remedy: "Give them write access to the repository's contents (GitHub: Contents; GitLab: write_repository; Gitea: repository write)",
  },
  {
    kind: "missing-branch",
    pattern: /remote branch .* not found|couldn't find remote ref/i,
    meaning: "The repository has no such branch",
    remedy: "Create the branch, or name another",
  },
  {
    kind: "not-found",
    pattern:
      /repository '?.*'? ?not found|returned error: 404|does not appear to be a git repository|project you were looking for could not be found|no such file or directory/i,
    meaning: "There is no such repository, or these credentials may not see it (many forges answer the same for both)",
    remedy: "Check the path in the URL, and that the token or key has access to this repository",
  },
  {
    kind: "moved",
    pattern: /returned error: 30\d|unable to update url base from redirection/i,
    meaning: "The server redirects to another address; credentials are never sent along",
    remedy: "Put the repository's new address into the configuration",
  },
  {
    kind: "unreachable",
    pattern:
      /connection (timed out|refused|reset|closed)|failed to connect|couldn't connect|network is unreachable|no route to host|early eof|hung up unexpectedly|rpc failed|returned error: (429|5\d\d)|operation too slow|empty reply|kex_exchange|broken pipe|unexpected disconnect|transfer closed|invalid index-pack output/i,
    meaning: "The connection could not be made, or broke",
    remedy: "It is tried again by itself; if it stays, check the way from here to the host (proxy, firewall, the server's state)",
  },
  {
    kind: "disk-full",
    pattern: /no space left on device|disk quota exceeded|file too large/i,
    meaning: "There is no room left, here or on the server",
    remedy: "Free some space in the temporary or cache directory, or on the server",
  },
  {
    kind: "configuration",
    pattern: /dubious ownership|transport '.*' not allowed|unsupported protocol/i,
    meaning: "Git refuses to work with this repository here",
    remedy: "Let the repository belong to the user that this runs as, and use https or ssh",
  },
  {
    kind: "corrupt",
    pattern:
      /unable to create '.*\.lock'|cannot lock ref|loose object .* is (corrupt|empty)|object file .* is empty|bad object|unable to read tree|not a git repository|missing blob|unresolved deltas|packfile .* (cannot be accessed|is truncated)/i,
    meaning: "The local copy is damaged or incomplete",
    remedy: "Open the repository again: a fresh copy is made",
  },
];

/** The error for a git command that ended with a failure. `output` must be redacted. */
export function classifyFailure(command: string, output: string): GitError {
  const row = rows.find(({ pattern }) => pattern.test(output));
  const told = lastWords(output);
  return new GitError(row?.kind ?? "unknown", {
    seen: told === "" ? `${command} failed and said nothing` : `${command} failed: ${told}`,
    meaning: row?.meaning ?? "This is not a failure that this tool knows; nothing was pushed",
    remedy: row?.remedy ?? "Read what git said, and report it if it should have been understood",
    output,
  });
}

/** What git and the remote said that tells the cause, in one line, for people. */
export function lastWords(output: string): string {
  return tellingLines(output).slice(-8).join("; ");
}

/** Without progress, hints and the sentences that git adds to every failed connection. */
export function tellingLines(output: string): readonly string[] {
  return output
    .split(/[\r\n]+/)
    .map((line) => line.trim().slice(0, 500))
    .filter((line) => line !== "" && !boilerplate.test(line));
}

const boilerplate =
  /^(?:hint|warning):|^cloning into|^remote:\s*$|^to \S+$|^done$|^fatal: could not read from remote repository\.$|^please make sure you have the correct access rights$|^and the repository exists\.$|^error: failed to push some refs to/i;
