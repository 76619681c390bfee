import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** File paths of the run's own certificate authority and what it signed. RSA: the in-memory provider casts to it. */
export interface Pki {
  readonly folder: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
}

/** Makes a certificate authority, one serving certificate for localhost and a service account key pair in `folder`, with openssl. */
export function createPki(folder: string): Pki {
  const path = (name: string): string => join(folder, name);
  openssl([
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "30",
    "-subj",
    "/CN=e2e-ca",
    "-keyout",
    path("ca.key"),
    "-out",
    path("ca.crt"),
  ]);
  openssl(["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", path("tls.key"), "-out", path("tls.csr")]);
  writeFileSync(path("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n");
  const sign = ["x509", "-req", "-in", path("tls.csr"), "-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-CAcreateserial"];
  openssl([...sign, "-days", "30", "-extfile", path("ext"), "-out", path("tls.crt")]);
  openssl(["genrsa", "-out", path("sa.key"), "2048"]);
  openssl(["rsa", "-in", path("sa.key"), "-pubout", "-out", path("sa.pub")]);
  return {
    folder,
    ca: path("ca.crt"),
    certificate: path("tls.crt"),
    key: path("tls.key"),
    serviceAccountKey: path("sa.key"),
    serviceAccountPublicKey: path("sa.pub"),
  };
}

function openssl(args: readonly string[]): void {
  try {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new Error(
        "The e2e stack makes its certificates with openssl, which is not on the PATH. Install it (apt-get install openssl).",
        { cause: error },
      );
    }
    throw error;
  }
}
