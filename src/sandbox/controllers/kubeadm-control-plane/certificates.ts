import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import { labelKeys, managers, typeKeys } from "./cluster-objects.ts";
import { controllerReference } from "./desired-machine.ts";
import { report, reportLegacy, type Scope } from "./scope.ts";

const secretType = "cluster.x-k8s.io/secret";

/** Makes `<cluster>-ca`, `-sa`, `-proxy`, `-etcd`, until the first machine used them; what is lost then is not made again (CAPI reconcileClusterCertificates). */
export function reconcileCertificates(scope: Scope): void {
  const purposes = ["ca", "sa", "proxy", "etcd"].filter((purpose) => purpose !== "etcd" || scope.stackedEtcd);
  const missing = purposes.filter((purpose) => secret(scope, purpose) === undefined);
  if (missing.length > 0 && scope.isInitialized) {
    const message =
      missing.length === 1
        ? `Cluster certificate for ${missing[0]!} is not available, please check cluster certificate secrets`
        : `Cluster certificates for ${missing.join(", ")} are not available, please check cluster certificate secrets`;
    reportLegacy(scope, {
      type: "CertificatesAvailable",
      status: "False",
      severity: "Error",
      reason: "CertificatesGenerationFailed",
      message,
    });
    report(scope, { type: "CertificatesAvailable", status: "False", reason: "NotAvailable", message });
    return;
  }
  for (const purpose of missing) {
    createSecret(scope, purpose, {
      "tls.crt": `certificate ${purpose} of ${scope.cluster.metadata.name}`,
      "tls.key": `key ${purpose} of ${scope.cluster.metadata.name}`,
    });
  }
  reportLegacy(scope, { type: "CertificatesAvailable", status: "True" });
  report(scope, { type: "CertificatesAvailable", status: "True", reason: "Available" });
}

/** `<cluster>-kubeconfig`; makes the workload cluster's API server too, so that there is an address to give. */
export function reconcileKubeconfig(scope: Scope): void {
  if (secret(scope, "kubeconfig") !== undefined) return;
  createSecret(scope, "kubeconfig", { value: scope.environment.workloads.ensure(scope.clusterKey).kubeconfig() });
}

function secret({ environment, clusterKey }: Scope, purpose: string): StoredObject | undefined {
  return environment.objects.get(environment.type(typeKeys.secret), clusterKey.namespace, `${clusterKey.name}-${purpose}`);
}

function createSecret({ environment, clusterKey, kcp }: Scope, purpose: string, texts: Readonly<Record<string, string>>): void {
  const { namespace, name } = clusterKey;
  const object: GivenObject = {
    metadata: {
      name: `${name}-${purpose}`,
      namespace,
      labels: { [labelKeys.cluster]: name },
      ownerReferences: [controllerReference(kcp)],
    },
    type: secretType,
    data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
  };
  environment.objects.create(environment.type(typeKeys.secret), object, { manager: managers.others });
}
