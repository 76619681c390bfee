import type { KubernetesVersion } from "./kubernetes-version.ts";

/**
 * The Kubernetes version skew policy, https://kubernetes.io/releases/version-skew-policy. Minors are compared within one major; Kubernetes has had only
 * one. The patch does not matter to it.
 */

/**
 * How many minors a kubelet may be older than a kube-apiserver of this version: three, and two for kubelets before 1.25. A kubelet three minors behind
 * an API server before 1.28 is older than 1.25, so the API server's version alone decides.
 */
export function kubeletMinorsBehind(apiServer: KubernetesVersion): 2 | 3 {
  return apiServer.major > 1 || apiServer.minor >= 28 ? 3 : 2;
}

/** "kubelet must not be newer than kube-apiserver", and may be up to three (kubelet < 1.25: two) minor versions older. */
export function kubeletAllowed(kubelet: KubernetesVersion, apiServer: KubernetesVersion): boolean {
  if (kubelet.major !== apiServer.major) return false;
  const behind = apiServer.minor - kubelet.minor;
  return behind >= 0 && behind <= kubeletMinorsBehind(apiServer);
}

/** "In highly-available clusters, the newest and oldest kube-apiserver instances must be within one minor version." */
export function apiServersAllowed(oldest: KubernetesVersion, newest: KubernetesVersion): boolean {
  return oldest.major === newest.major && Math.abs(newest.minor - oldest.minor) <= 1;
}
