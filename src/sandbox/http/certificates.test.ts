import { X509Certificate, createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeCertificates } from "./certificates.ts";

/** All is read by OpenSSL, by way of Node. */
const now = Date.parse("2027-03-04T05:06:07.890Z");
const { authority, server, client } = await makeCertificates(now);
const read = (text: string): X509Certificate => new X509Certificate(text);

describe("certificates of a run", () => {
  it.each([
    ["authority", authority, "CN=capi-gitops-sandbox", true, undefined],
    ["server", server.certificate, "CN=kube-apiserver", false, ["1.3.6.1.5.5.7.3.1"]],
    ["client", client.certificate, "CN=sandbox-admin\nO=system:masters", false, ["1.3.6.1.5.5.7.3.2"]],
  ])("%s: who it is, what it may be used for, and who signed it", (_, text, subject, isAuthority, uses) => {
    const certificate = read(text);
    expect(certificate.subject).toBe(subject);
    expect(certificate.issuer).toBe("CN=capi-gitops-sandbox");
    expect(certificate.ca).toBe(isAuthority);
    expect(certificate.keyUsage).toEqual(uses);
    expect(certificate.verify(read(authority).publicKey)).toBe(true);
    expect(certificate.checkIssued(read(authority))).toBe(true);
    expect([certificate.validFrom, certificate.validTo]).toEqual(["Mar  3 05:06:07 2027 GMT", "Mar  3 05:06:07 2028 GMT"]);
  });

  it.each([
    ["server", server],
    ["client", client],
  ])("the key of the %s belongs to its certificate", (_, { certificate, key }) => {
    expect(read(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it("the server's is for 127.0.0.1 and localhost", () => {
    const certificate = read(server.certificate);
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkHost("example.org")).toBeUndefined();
  });

  it("three certificates have three numbers and keys, and no other run has the same keys", async () => {
    const all = [authority, server.certificate, client.certificate].map(read);
    expect(all.map(({ serialNumber }) => serialNumber)).toEqual(["01", "02", "03"]);
    expect(new Set(all.map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" }))).size).toBe(3);
    expect((await makeCertificates(now)).server.key).not.toBe(server.key);
  });
});
