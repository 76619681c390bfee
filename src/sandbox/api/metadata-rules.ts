import type { GivenObject, StoredObject } from "../store/stored-object.ts";
import { invalid, type StatusCause } from "./api-status-error.ts";
import { invalidValue, isCustomResource } from "./refusals.ts";
import type { ResourceType } from "./resource-type.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const standardFinalizers = new Set(["foregroundDeletion", "orphan", "kubernetes"]);

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const nameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Names, labels, annotations and finalizers as ValidateObjectMeta (apimachinery/pkg/api/validation) has them; parts that the object before had are not looked at again. Throws 422. */
export function checkMetadata(type: ResourceType, { metadata = {} }: GivenObject, previous?: StoredObject): void {
  const causes: StatusCause[] = [];
  const { name, labels, annotations, finalizers } = metadata;
  if (previous === undefined && name !== undefined && name !== "") causes.push(...nameCauses(type, name));
  if (labels !== undefined && labels !== previous?.metadata.labels) causes.push(...labelCauses(labels));
  if (annotations !== undefined && annotations !== previous?.metadata.annotations) {
    for (const key of Object.keys(annotations)) causes.push(...keyCauses(key.toLowerCase(), key, "metadata.annotations"));
  }
  if (finalizers !== undefined && finalizers !== null && finalizers !== previous?.metadata.finalizers)
    causes.push(...finalizerCauses(type, finalizers));
  if (causes.length > 0) throw invalid(type, name ?? "", causes);
}

function nameCauses(type: ResourceType, name: string): readonly StatusCause[] {
  const field = "metadata.name";
  if (type.group === "rbac.authorization.k8s.io") {
    return /^\.{1,2}$|[/%]/.test(name) ? [invalidValue(name, `may not contain '/' or '%'`, field)] : [];
  }
  if (type.key === "Namespace" && name.includes(".")) return [invalidValue(name, "must not contain dots", field)];
  const longest = type.key === "Namespace" ? 63 : 253;
  if (name.length > longest) return [invalidValue(name, `must be no more than ${longest} bytes`, field)];
  return subdomain.test(name) ? [] : [invalidValue(name, subdomainText, field)];
}

function labelCauses(labels: Readonly<Record<string, string>>): readonly StatusCause[] {
  const field = "metadata.labels";
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...keyCauses(key, key, field),
    ...(value.length > 63 ? [invalidValue(value, "must be no more than 63 bytes", field)] : []),
    ...(labelValue.test(value) ? [] : [invalidValue(value, labelText, field)]),
  ]);
}

/** A qualified name: `prefix.example/name`, or the name alone. */
function keyCauses(key: string, shown: string, field: string): readonly StatusCause[] {
  const slash = key.indexOf("/");
  const [prefix, name] = slash === -1 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  const causes: StatusCause[] = [];
  if (prefix === "") causes.push(invalidValue(shown, "prefix part must be non-empty", field));
  else if (prefix !== undefined && !subdomain.test(prefix)) causes.push(invalidValue(shown, `prefix part ${subdomainText}`, field));
  if (name === "") causes.push(invalidValue(shown, "name part must be non-empty", field));
  else if (name.length > 63) causes.push(invalidValue(shown, "name part must be no more than 63 bytes", field));
  else if (!qualifiedName.test(name)) causes.push(invalidValue(shown, nameText, field));
  return causes;
}

function finalizerCauses(type: ResourceType, finalizers: readonly string[]): readonly StatusCause[] {
  return finalizers.flatMap((finalizer, index) => {
    const causes = keyCauses(finalizer, finalizer, "metadata.finalizers");
    if (causes.length > 0) return causes;
    // Of custom resources only a warning comes.
    if (finalizer.includes("/") || standardFinalizers.has(finalizer) || isCustomResource(type)) return [];
    return [
      invalidValue(finalizer, "name is neither a standard finalizer name nor is it fully qualified", `metadata.finalizers[${index}]`),
    ];
  });
}
