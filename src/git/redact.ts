/** Takes secrets out of a text that is going to be seen by people. */
export type Redact = (text: string) => string;

const userinfoInUrl = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi;
const authorizationHeader = /(authorization:\s*\w+\s+)\S+/gi;

/**
 * A redactor for these secrets, in the forms in which git or a server could repeat them: as they are, percent-encoded, in base64.
 * User names and passwords inside any URL, and authorization headers, are always taken out.
 */
export function redactorFor(secrets: readonly string[]): Redact {
  const forms = secrets
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
    .sort((a, b) => b.length - a.length);
  return (text) =>
    forms
      .reduce((rest, form) => rest.replaceAll(form, "***"), text)
      .replace(userinfoInUrl, "$1***@")
      .replace(authorizationHeader, "$1***");
}
