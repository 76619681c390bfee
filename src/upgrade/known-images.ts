import type { VariableScope, VariableText } from "./cluster-snapshot.ts";
import { pointerOf, type ImageCatalog } from "./machine-images.ts";
import { CONTROL_PLANE_PART, type ReleaseImage } from "./policy/release.ts";

/** An image of the catalog, with the version that it is of. */
export interface KnownImage extends ReleaseImage {
  readonly version: string;
}

/** Images of all versions, by the variable that they name and by what they are called: looked up for each text of each look at a cluster. */
interface KnownImages {
  readonly byVariable: ReadonlyMap<string, readonly KnownImage[]>;
  readonly byImage: ReadonlyMap<string, readonly KnownImage[]>;
}

const knownImages = new WeakMap<ImageCatalog, KnownImages>();

function knownOf(catalog: ImageCatalog): KnownImages {
  const before = knownImages.get(catalog);
  if (before !== undefined) return before;
  const [byVariable, byImage] = [new Map<string, KnownImage[]>(), new Map<string, KnownImage[]>()];
  const add = (to: Map<string, KnownImage[]>, key: string, image: KnownImage): void => {
    const list = to.get(key);
    if (list === undefined) to.set(key, [image]);
    else list.push(image);
  };
  for (const { version, images } of catalog.releases)
    for (const each of images) {
      const image = { ...each, version };
      add(byImage, image.image, image);
      if (image.variable !== undefined) add(byVariable, image.variable.name, image);
    }
  const known = { byVariable, byImage };
  knownImages.set(catalog, known);
  return known;
}

/** Images of any version that go to the text. */
export function namedFor(catalog: ImageCatalog, text: VariableText, kinds: readonly string[]): readonly KnownImage[] {
  return (knownOf(catalog).byVariable.get(text.variable) ?? []).filter((image) => kinds.includes(image.templateKind) && names(image, text));
}

/** Images of any version that the text is. */
export function standingAt(catalog: ImageCatalog, text: VariableText, kinds: readonly string[]): readonly KnownImage[] {
  return (knownOf(catalog).byImage.get(text.value) ?? []).filter(({ templateKind }) => kinds.includes(templateKind));
}

/** Whether an image names the text for its place. */
export function names({ variable }: ReleaseImage, text: VariableText): boolean {
  if (variable?.name !== text.variable || (variable.path ?? "") !== pointerOf(text.path)) return false;
  return variable.part === undefined || variable.part === partOf(text.of);
}

function partOf(scope: VariableScope): string | undefined {
  switch (scope.kind) {
    case "cluster":
      return undefined;
    case "control-plane":
      return CONTROL_PLANE_PART;
    case "MachineDeployment":
    case "MachinePool":
      return scope.className;
    default:
      return scope satisfies never;
  }
}
