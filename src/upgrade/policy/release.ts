/** A Kubernetes version that could be upgraded to, with everything that is known of it. From a ReleaseCatalog (`releases/`). All times are epoch milliseconds, UTC. */
export interface Release {
  /** `v1.35.2`. */
  readonly version: string;
  /** When it was published; undefined where no source tells: then its age is not known, and a minimum age is not met. */
  readonly releasedAt: number | undefined;
  /** When its minor stops getting patches; undefined where no source tells. */
  readonly endOfLifeAt: number | undefined;
  /** Machine images that exist for it. Empty: nothing is known about images, which is no objection. */
  readonly images: readonly ReleaseImage[];
  /** Why nobody should go there (a regression, a withdrawn build); undefined for a good one. */
  readonly withdrawn: string | undefined;
  /** Kinds of machine templates that must have an image of each version, where this one has none. */
  readonly missingImages?: readonly MissingImage[];
}

/** An image that boots machines of that version, for machine templates of one kind. */
export interface ReleaseImage {
  /** Kind of the machine template: `DockerMachineTemplate`. */
  readonly templateKind: string;
  /** As the template names it: `kindest/node:v1.35.2`, an AMI id, an image name. */
  readonly image: string;
  /** Where in the template it goes, as JSON Pointer: `/spec/template/spec/ami/id`. Undefined: where another image stands. */
  readonly path?: string;
  /** Where it goes in a cluster with a topology. Undefined: where another image stands among the values of its ClusterClass's variables. */
  readonly variable?: ImageVariable;
}

/** A variable of a ClusterClass that tells what machines boot. */
export interface ImageVariable {
  readonly name: string;
  /** Where in its value, as JSON Pointer: `/id`. Undefined: the value is the image. */
  readonly path?: string;
  /** The part of a cluster whose own value it is, in place of the cluster's: `ControlPlane`, or the class of its pools. Undefined: all. */
  readonly part?: string;
}

/** The `part` of a variable that is the control plane; any other is a class of pools. */
export const CONTROL_PLANE_PART = "ControlPlane";

export interface MissingImage {
  readonly templateKind: string;
  /** What was seen: `kindest/node:v1.35.2 is not in its registry`. */
  readonly why: string;
}
