import type { ResourceType } from "../resource-type.ts";

const schema = {
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: {
      type: "object",
      properties: {
        size: { type: "integer" },
        replicas: { type: "integer" },
        made: { type: "string", format: "date-time" },
        tags: { type: "array", items: { type: "string" } },
      },
    },
    status: {
      type: "object",
      properties: {
        replicas: { type: "integer" },
        selector: { type: "string" },
        conditions: {
          type: "array",
          items: { type: "object", properties: { type: { type: "string" }, status: { type: "string" } } },
        },
      },
    },
  },
} as const;

const printerColumns = [
  { name: "Size", type: "integer", jsonPath: ".spec.size" },
  { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
  { name: "Tags", type: "string", jsonPath: ".spec.tags", description: "What it is tagged with" },
  { name: "Tag", type: "string", jsonPath: ".spec.tags[*]" },
  { name: "Made", type: "date", jsonPath: ".spec.made" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
] as const;

const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas", labelSelectorPath: ".status.selector" };

/** A custom resource with all that an API server can do for one. */
export const widgetCrd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.io" },
  spec: {
    group: "example.io",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList", shortNames: ["wd"], categories: ["all"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {}, scale },
        additionalPrinterColumns: printerColumns,
      },
      { name: "v1beta1", served: true, storage: false, schema: { openAPIV3Schema: schema }, subresources: { status: {}, scale } },
      { name: "v1alpha1", served: false, storage: false, schema: { openAPIV3Schema: schema } },
    ],
  },
} as const;

export const widgetType: ResourceType = {
  key: "Widget.example.io",
  group: "example.io",
  kind: "Widget",
  plural: "widgets",
  singular: "widget",
  shortNames: ["wd"],
  categories: ["all"],
  namespaced: true,
  versions: [
    { name: "v1", served: true, schema, printerColumns },
    { name: "v1beta1", served: true, schema },
    { name: "v1alpha1", served: false, schema },
  ],
  storageVersion: "v1",
  hasStatus: true,
  scale,
};
