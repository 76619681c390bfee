import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { bitString, boolean, context, integer, objectIdentifier, octetString, sequence, setOf, time, utf8String, type Der } from "./der.ts";

/** Who the API server is, and who may talk to it: all in PEM. */
export interface Certificates {
  readonly authority: string;
  readonly server: Pair;
  readonly client: Pair;
}

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const validMilliseconds = 365 * 24 * 3600 * 1000;
const authorityName = name(["2.5.4.3", "capi-gitops-sandbox"]);

/**
 * A certificate authority for this run, with a certificate for the server at 127.0.0.1 and one for an administrator (RFC 5280). Valid for a year, from a day before `now`. Keys are P-256: they take a
 * millisecond, where RSA takes hundreds.
 */
export function makeCertificates(now: number): Certificates {
  const validity = sequence(time(now - 24 * 3600 * 1000), time(now + validMilliseconds));
  const authority = makeKeys();

  function issue(serialNumber: number, subject: Der, keys: Keys, extensions: readonly Der[]): string {
    const signature = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
    const body = sequence(
      context(0, integer(2), true),
      integer(serialNumber),
      signature,
      authorityName,
      validity,
      subject,
      keys.publicKey.export({ type: "spki", format: "der" }),
      context(3, sequence(...extensions, ...keyIdentifiers(keys, authority)), true),
    );
    return pem(sequence(body, signature, bitString(sign("sha256", body, authority.privateKey))));
  }

  function pair(serialNumber: number, subject: Der, extensions: readonly Der[]): Pair {
    const keys = makeKeys();
    return {
      certificate: issue(serialNumber, subject, keys, extensions),
      // Text, for the format is PEM.
      key: keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    };
  }

  return {
    authority: issue(1, authorityName, authority, [
      extension("2.5.29.19", sequence(boolean(true)), "critical"),
      // keyCertSign is the sixth bit.
      extension("2.5.29.15", bitString(Buffer.from([0b0000_0100]), 2), "critical"),
    ]),
    server: pair(2, name(["2.5.4.3", "kube-apiserver"]), [
      extendedUse("1.3.6.1.5.5.7.3.1"),
      extension("2.5.29.17", sequence(context(7, Buffer.from([127, 0, 0, 1]), false), context(2, Buffer.from("localhost"), false))),
    ]),
    client: pair(3, name(["2.5.4.10", "system:masters"], ["2.5.4.3", "sandbox-admin"]), [extendedUse("1.3.6.1.5.5.7.3.2")]),
  };
}

function makeKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function name(...parts: readonly (readonly [type: string, value: string])[]): Der {
  return sequence(...parts.map(([type, value]) => setOf(sequence(objectIdentifier(type), utf8String(value)))));
}

function extension(identifier: string, content: Der, critical?: "critical"): Der {
  return sequence(objectIdentifier(identifier), ...(critical === undefined ? [] : [boolean(true)]), octetString(content));
}

function extendedUse(purpose: string): Der {
  return extension("2.5.29.37", sequence(objectIdentifier(purpose)));
}

/** Whose key it is, and whose key signed it: strict verifiers (Python's, OpenSSL's `-x509_strict`) ask for both. */
function keyIdentifiers(subject: Keys, issuer: Keys): readonly Der[] {
  return [
    extension("2.5.29.14", octetString(keyIdentifier(subject))),
    extension("2.5.29.35", sequence(context(0, keyIdentifier(issuer), false))),
  ];
}

/** RFC 7093, method 4, cut to 160 bits. */
function keyIdentifier({ publicKey }: Keys): Buffer {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);
}

function pem(content: Der): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
