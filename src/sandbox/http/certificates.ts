import { webcrypto } from "node:crypto";
// The library finds its parts by decorators, which need this.
// oxlint-disable-next-line import/no-unassigned-import
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

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

/** P-256: keys take a millisecond, where RSA takes hundreds. */
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validMilliseconds = 365 * 24 * 3600 * 1000;

/** A certificate authority for this run, with a certificate for the server at 127.0.0.1 and one for an administrator. Valid for a year, from a day before `now`. */
export async function makeCertificates(now: number): Promise<Certificates> {
  const validity = { notBefore: new Date(now - 24 * 3600 * 1000), notAfter: new Date(now + validMilliseconds) };
  const makeKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authorityKeys = await makeKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=capi-gitops-sandbox",
    ...validity,
    signingAlgorithm: algorithm,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });

  async function issue(serialNumber: string, subject: string, extensions: readonly x509.Extension[]): Promise<Pair> {
    const keys = await makeKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject,
      issuer: authority.subject,
      ...validity,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: authorityKeys.privateKey,
      // Whose key it is, and whose key signed it: strict verifiers (Python's, OpenSSL's `-x509_strict`) ask for both.
      extensions: [
        ...extensions,
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      ],
    });
    const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
  }

  const [server, client] = await Promise.all([
    issue("02", "CN=kube-apiserver", [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "ip", value: "127.0.0.1" },
        { type: "dns", value: "localhost" },
      ]),
    ]),
    issue("03", "CN=sandbox-admin, O=system:masters", [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]),
  ]);
  return { authority: authority.toString("pem"), server, client };
}
