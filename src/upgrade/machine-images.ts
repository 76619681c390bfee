import type { MachineTemplateSnapshot, TemplateText } from "./cluster-snapshot.ts";
import type { Release, ReleaseImage } from "./policy/release.ts";
import { namesVersion, withVersion } from "./version-in-text.ts";

/** The releases of a ReleaseCatalog, for their machine images. */
export interface ImageCatalog {
  /** As people call it: `ReleaseCatalog default`. */
  readonly name: string;
  readonly releases: readonly Pick<Release, "version" | "images" | "missingImages">[];
  /** Kinds of machine templates of which a version must have an image, also one that the catalog does not list. */
  readonly mustExist: readonly string[];
}

export interface TextChange extends TemplateText {
  readonly to: string;
}

/** What the catalog makes of a template that goes to another version. */
export interface ImageMove {
  readonly set: readonly TextChange[];
  /** Paths (`pointerOf`) that hold an image of the catalog then: a version in it is not for anybody to replace. */
  readonly held: ReadonlySet<string>;
  /** Images without a path, for a template that has no field for one: its provider may find the image by the version. */
  readonly withoutPlace: readonly ReleaseImage[];
  readonly trouble: ImageTrouble | undefined;
}

export type ImageTrouble =
  /** The catalog names an image, and cannot be followed. */
  | { readonly kind: "unplaced"; readonly image: ReleaseImage; readonly why: string }
  /** The template holds an image which the catalog knows of other versions, names no version, and there is none of this one. */
  | { readonly kind: "missing"; readonly text: TemplateText; readonly versions: readonly string[] };

/** No image of a catalog goes anywhere. */
export const noImages: ImageMove = { set: [], held: new Set(), withoutPlace: [], trouble: undefined };

/**
 * Where the images of a version go in a template. An image with a path goes there. One without goes where an image stands that the catalog knows of another version, else where
 * the template names a version.
 */
export function imageMove(template: MachineTemplateSnapshot, from: string, to: string, catalog: ImageCatalog | undefined): ImageMove {
  if (catalog === undefined) return noImages;
  const known = versionsByImage(catalog, template.ref.kind);
  const images = imagesOf(catalog, template.ref.kind, to);
  if (images.length === 0) return { ...noImages, trouble: staysBehind(template, known) };
  const withPath = images.filter(({ path }) => path !== undefined);
  const without = images.filter(({ path }) => path === undefined);
  const set: TextChange[] = [];
  const held = new Set<string>();
  const unplaced = (image: ReleaseImage, why: string): ImageMove => ({ ...noImages, trouble: { kind: "unplaced", image, why } });
  const put = (text: TemplateText, { image }: ReleaseImage): void => {
    held.add(pointerOf(text.path));
    if (text.value !== image) set.push({ path: text.path, value: text.value, to: image });
  };
  for (const image of withPath) {
    const text = template.texts.find(({ path }) => pointerOf(path) === image.path);
    if (text === undefined) return unplaced(image, `it has no text at ${image.path ?? ""}`);
    put(text, image);
  }
  const [image, ...others] = without;
  if (image === undefined) return { ...noImages, set, held };
  if (others.length > 0) return unplaced(image, `${without.length} images are listed without a path`);
  const isFree = ({ path }: TemplateText): boolean => !held.has(pointerOf(path));
  const free = { ...template, texts: template.texts.filter(isFree), versionPins: template.versionPins.filter(isFree) };
  const places = placesOf(free, image.image, from, to, known);
  if (places.kind === "several") return unplaced(image, places.why);
  for (const text of places.texts) put(text, image);
  return { set, held, withoutPlace: places.kind === "none" ? [image] : [], trouble: undefined };
}

/** Images for one kind of template. */
export function imagesOf({ releases }: ImageCatalog, templateKind: string, version: string): readonly ReleaseImage[] {
  return (releases.find((release) => release.version === version)?.images ?? []).filter((image) => image.templateKind === templateKind);
}

/** Why a version has no image for a kind of template that must have one; undefined: it has, or need not. */
export function missingImage(catalog: ImageCatalog, templateKind: string, version: string): string | undefined {
  const release = catalog.releases.find((each) => each.version === version);
  if (release === undefined) return catalog.mustExist.includes(templateKind) ? "it does not list that version" : undefined;
  return release.missingImages?.find((missing) => missing.templateKind === templateKind)?.why;
}

/** Whether a JSON Pointer leads into a machine template's content, but for what is written there. */
export function isTemplatePath(pointer: string): boolean {
  return /^\/spec\/template(\/[^/]+)+$/.test(pointer);
}

/** Whether a JSON Pointer leads into a value. */
export function isValuePath(pointer: string): boolean {
  return /^(\/[^/]+)+$/.test(pointer);
}

/** A path as JSON Pointer (RFC 6901), as the patches of a ClusterClass have it: `/spec/template/spec/ami/id`. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

type Places =
  { readonly kind: "none" | "found"; readonly texts: readonly TemplateText[] } | { readonly kind: "several"; readonly why: string };

function placesOf(
  { texts, versionPins }: Pick<MachineTemplateSnapshot, "texts" | "versionPins">,
  image: string,
  from: string,
  to: string,
  known: ReadonlyMap<string, readonly string[]>,
): Places {
  const there = texts.filter(({ value }) => value === image);
  if (there.length > 0) return { kind: "found", texts: there };
  const ofOthers = texts.filter(({ value }) => known.has(value));
  if (ofOthers.length > 0) return alike(ofOthers, "hold images that it knows");
  const moved = versionPins.filter((pin) => namesVersion(pin, from));
  // The text that names the version leads to that very image: so do the others.
  if (moved.some(({ value }) => withVersion(value, from, to) === image)) return { kind: "found", texts: [] };
  if (versionPins.length === 0) return { kind: "none", texts: [] };
  return alike(moved.length > 0 ? moved : versionPins, "name a version");
}

function alike(texts: readonly TemplateText[], what: string): Places {
  if (new Set(texts.map(({ value }) => value)).size === 1) return { kind: "found", texts: distinct(texts) };
  return {
    kind: "several",
    why: `${distinct(texts)
      .map(({ path }) => pointerOf(path))
      .join(" and ")} ${what}`,
  };
}

/** A text that names two versions is two pins. */
function distinct(texts: readonly TemplateText[]): readonly TemplateText[] {
  const seen = new Set<string>();
  return texts.filter(({ path }) => !seen.has(pointerOf(path)) && seen.add(pointerOf(path)));
}

function versionsByImage({ releases }: ImageCatalog, templateKind: string): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, string[]>();
  for (const { version, images } of releases)
    for (const { image } of images.filter((each) => each.templateKind === templateKind))
      known.set(image, [...(known.get(image) ?? []), version]);
  return known;
}

/** A text that names a version is moved by that, as without any catalog. */
function staysBehind(
  { texts, versionPins }: MachineTemplateSnapshot,
  known: ReadonlyMap<string, readonly string[]>,
): ImageTrouble | undefined {
  const text = texts.find(({ value }) => known.has(value) && !versionPins.some((pin) => pin.value === value));
  return text === undefined ? undefined : { kind: "missing", text, versions: known.get(text.value) ?? [] };
}
