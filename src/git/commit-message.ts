import { GitError } from "./git-error.ts";

/** The trailer by which an upgrade's commit is found again. */
export const upgradeTrailer = "Upgrade-Id";

/** Of a commit on a branch for review: that branch. Who made it may replace it. */
export const reviewTrailer = "Upgrade-Branch";

export interface Identity {
  readonly name: string;
  readonly email: string;
}

export interface CommitText {
  readonly title: string;
  readonly body?: string;
  readonly upgradeId: string;
  /** More trailers, between the upgrade's and the sign-off. */
  readonly trailers?: Readonly<Record<string, string>>;
  readonly signedOffBy?: Identity;
}

/**
 * Title, body, and one paragraph of trailers at the end (git-interpret-trailers(1)). Control characters go, runs of white space in a title or
 * trailer become one space, and a body line that would read as the upgrade's trailer is indented.
 * Throws a `configuration` GitError for an empty title, or an upgrade id or trailer that does not fit on its line.
 */
export function formatCommitMessage({ title, body = "", upgradeId, trailers = {}, signedOffBy }: CommitText): string {
  const subject = oneLine(title);
  if (subject === "") throw unusable("the title of the commit is empty");
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,199}$/.test(upgradeId))
    throw unusable(`the upgrade id ${JSON.stringify(upgradeId)} is not 1 to 200 of A-Z a-z 0-9 . _ : / @ + = -`);
  const lines = [`${upgradeTrailer}: ${upgradeId}`];
  for (const [key, value] of Object.entries(trailers)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(key) || oneLine(value) === "" || key.toLowerCase() === upgradeTrailer.toLowerCase())
      throw unusable(`the trailer ${JSON.stringify(key)} cannot be written`);
    lines.push(`${key}: ${oneLine(value)}`);
  }
  if (signedOffBy !== undefined) lines.push(`Signed-off-by: ${formatIdentity(signedOffBy)}`);
  return `${[subject, paragraphs(body), lines.join("\n")].filter((part) => part !== "").join("\n\n")}\n`;
}

/**
 * `Name <email>`, without the leading and trailing punctuation that git takes off too (ident.c, strip_crud).
 * Throws a `configuration` GitError when git could not read it back the same.
 */
export function formatIdentity({ name, email }: Identity): string {
  const plainName = withoutCrud(name);
  const plainEmail = withoutCrud(email);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const forbidden = /[<>\u0000-\u001f\u007f]/;
  if (plainName === "" || plainEmail === "" || forbidden.test(name) || forbidden.test(email) || /\s/.test(email)) {
    throw unusable(`the author ${JSON.stringify(name)} ${JSON.stringify(email)} cannot be written into a commit`);
  }
  return `${plainName} <${plainEmail}>`;
}

function withoutCrud(text: string): string {
  return text.replaceAll(/^[\s.,:;<>"\\']+|[\s.,:;<>"\\']+$/g, "");
}

/** Whether a message carries this trailer. Every line but the title counts: a squash merge leaves trailers in the middle. */
export function hasTrailer(message: string, key: string, value: string): boolean {
  const wanted = `${key}: ${value}`.toLowerCase();
  const exact = `: ${value}`;
  return message
    .split("\n")
    .slice(1)
    .map((line) => line.trimEnd())
    .some((line) => line.toLowerCase() === wanted && line.endsWith(exact));
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
}

function paragraphs(body: string): string {
  return body
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "")
    .split("\n")
    .map((line) => (line.toLowerCase().startsWith(`${upgradeTrailer.toLowerCase()}:`) ? ` ${line}` : line).trimEnd())
    .join("\n")
    .replace(/^\n+/, "")
    .trimEnd();
}

function unusable(seen: string): GitError {
  return new GitError("configuration", {
    seen: `A commit was asked for, but ${seen}`,
    meaning: "No commit was made",
    remedy: "Correct it in the request",
  });
}
