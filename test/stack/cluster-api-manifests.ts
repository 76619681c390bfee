import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";

interface CustomResourceDefinition {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly versions: readonly unknown[] };
}

interface WebhookConfiguration {
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly { readonly clientConfig: { readonly service: { readonly path: string } } }[];
}

/** A component's CRDs as its kustomization would make them, with the conversion webhook at `https://127.0.0.1:<port>`. */
export function crdYaml(manifests: string, component: string, port: number, caBundle: string): string {
  const folder = join(manifests, component, "crd/bases");
  const documents = readdirSync(folder).flatMap((file) => read(join(folder, file)) as readonly CustomResourceDefinition[]);
  return documents
    .map((crd) => {
      const labels = { ...crd.metadata.labels, "cluster.x-k8s.io/v1beta1": "v1beta1", "cluster.x-k8s.io/v1beta2": "v1beta2" };
      const clientConfig = { url: `https://127.0.0.1:${port}/convert`, caBundle };
      const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig } };
      const spec = crd.spec.versions.length > 1 ? { ...crd.spec, conversion } : crd.spec;
      return stringify({ ...crd, metadata: { ...crd.metadata, labels }, spec }, { aliasDuplicateObjects: false });
    })
    .join("---\n");
}

/** A component's webhook configurations, named for it and pointing at `https://127.0.0.1:<port>`. */
export function webhookYaml(manifests: string, component: string, port: number, caBundle: string): string {
  const configurations = read(join(manifests, component, "webhook/manifests.yaml")) as readonly WebhookConfiguration[];
  return configurations
    .map((configuration) =>
      stringify(
        {
          ...configuration,
          metadata: { ...configuration.metadata, name: `${component}-${configuration.metadata.name}` },
          webhooks: configuration.webhooks.map((webhook) => ({
            ...webhook,
            clientConfig: { url: `https://127.0.0.1:${port}${webhook.clientConfig.service.path}`, caBundle },
            // Ten by default, which a busy machine may need; thirty is the most.
            timeoutSeconds: 30,
          })),
        },
        { aliasDuplicateObjects: false },
      ),
    )
    .join("---\n");
}

function read(file: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(file, "utf8"))
    .map((document): unknown => document.toJS())
    .filter((document) => document !== null);
}
