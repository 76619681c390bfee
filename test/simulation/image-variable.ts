/** A ClusterClass that takes the machine image from its variable `vm`: into an annotation of the machine template, as machines in memory have no field for it. */
export function withImageVariable(clusterClass: string): string {
  return `${clusterClass.trimEnd()}
  variables:
    - name: size
      required: false
      schema: { openAPIV3Schema: { type: string, default: small } }
    - name: vm
      required: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { image: { type: string }, cpus: { type: integer } }
  patches:
    - name: image
      definitions:
        - selector:
            apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
            kind: DevMachineTemplate
            matchResources: { controlPlane: true, machineDeploymentClass: { names: [default-worker] } }
          jsonPatches:
            - { op: add, path: /spec/template/metadata, value: { annotations: {} } }
            - { op: add, path: /spec/template/metadata/annotations/example.com~1image, valueFrom: { variable: vm.image } }
`;
}

/** A Cluster of it. Its last pool, whether its fields are in one line or in several, has a value of its own. */
export function withImage(cluster: string, image: string): string {
  const value = (cpus: number): string => `{ name: vm, value: { cpus: ${cpus}, image: ${JSON.stringify(image)} } }`;
  const overrides = `variables: { overrides: [${value(8)}] }`;
  const text = cluster.replace("    controlPlane:", `    variables:\n      - ${value(2)}\n    controlPlane:`).trimEnd();
  return text.endsWith("}") ? `${text.slice(0, -2)}, ${overrides} }\n` : `${text}\n        ${overrides}\n`;
}

interface Referring {
  readonly spec?: {
    readonly version?: string;
    readonly machineTemplate?: { readonly spec: { readonly infrastructureRef: { readonly name: string } } };
    readonly template?: { readonly spec: { readonly version: string; readonly infrastructureRef: { readonly name: string } } };
  };
}

interface Template {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly template: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } } };
}

/** `v1.35.2 ami-2` of each owner of machines: what a machine that is made now is to run, and what it boots. */
export function versionsAndImages(owners: readonly unknown[], templates: readonly unknown[]): readonly string[] {
  // Both are what an API server says of kinds that this class makes.
  const [referring, known] = [owners as readonly Referring[], templates as readonly Template[]];
  return referring.map(({ spec }) => {
    const name = (spec?.machineTemplate ?? spec?.template)?.spec.infrastructureRef.name;
    const template = known.find(({ metadata }) => metadata.name === name);
    const image = template?.spec?.template.metadata?.annotations?.["example.com/image"];
    return `${spec?.version ?? spec?.template?.spec.version ?? "no version"} ${image ?? "no image"}`;
  });
}
