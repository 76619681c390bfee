import type { Refusal } from "../../refusal.ts";
import { repositoryName, type ImageReference } from "./image-reference.ts";
import type { RegistryLogins } from "./registry-login.ts";
import type { TokenAnswer } from "./registry-token.ts";

/** How a registry did not let anybody in. */
export interface Attempt {
  /** The last HTTP status. */
  readonly status: number;
  readonly why:
    | Exclude<TokenAnswer, { kind: "token" }>
    /** With what it had asked for, or without having asked. */
    | { readonly kind: "forbidden" }
    /** It says no way to log in. */
    | { readonly kind: "nothing-offered" }
    | { readonly kind: "sent-on"; readonly to: string };
}

export interface RefusedAccess {
  readonly image: ImageReference;
  readonly logins: RegistryLogins | undefined;
  /** A login of the Secret was to be shown. */
  readonly tried: boolean;
  readonly attempt: Attempt;
}

const shownPlaces = 5;

/** Why a repository cannot be read, and what would let it: never with a value of a Secret. */
export function accessRefused({ image, logins, tried, attempt: { status, why } }: RefusedAccess): Refusal {
  const name = repositoryName(image);
  const host = name.slice(0, name.indexOf("/"));
  switch (why.kind) {
    case "untrusted":
      return {
        reason: "RegistryRealmUntrusted",
        message: `${host} sends to a token server that is not reached by https (${why.server}): it is not asked, as it would get the login in the clear.`,
        remedy: "Let whoever runs the registry give its token server (the realm of WWW-Authenticate) an https address.",
      };
    case "sent-on":
      return {
        reason: "RegistryLoginRefused",
        message: `${host} sends on to ${why.to}, which wants a login: none is shown there, as it is for ${host}.`,
        remedy: `Name the repository at ${why.to} itself, with a Secret for it.`,
      };
    case "refused":
    case "forbidden":
    case "nothing-offered":
      break;
    default:
      return why satisfies never;
  }
  if (logins === undefined)
    return {
      reason: "RegistryLoginNeeded",
      message: `${host} shows ${name} to nobody without a login (HTTP status ${status}), and no Secret is named; many registries say the same of a repository that is not there.`,
      remedy: "Name a Secret in credentialsSecretRef (docs/releases.md, Private registries), or check the repository's name.",
    };
  if (!tried) {
    const places = logins.places ?? [];
    const more = places.length > shownPlaces ? `, and ${places.length - shownPlaces} more` : "";
    return {
      reason: "RegistryLoginMissing",
      message: `${logins.from} has no login for ${name}: its entries are for ${places.slice(0, shownPlaces).join(", ")}${more}. Without one ${host} does not show it (HTTP status ${status}).`,
      remedy: `Add an entry for ${host} to its .dockerconfigjson.`,
    };
  }
  const by = why.kind === "refused" ? `Its token server ${why.server}` : host;
  const offers = why.kind === "nothing-offered" ? " and names no way to log in" : "";
  return {
    reason: "RegistryLoginRefused",
    message: `${by} does not take the login of ${logins.from} for ${name} (HTTP status ${status})${offers}: it is wrong, has run out, or may not read that repository.`,
    remedy: "Renew it in the Secret, or give its user the right to pull; it is read again at each look.",
  };
}
