import { z } from 'zod';
import type { Place, Problem } from '../kernel/index.ts';

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What every resource carries, in the form of OpenSLO and Kubernetes. */
export const Metadata = z.strictObject({
  name: z
    .string()
    .regex(
      NAME,
      'a name is 1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit',
    )
    .describe('Unique name within the kind'),
  displayName: z.string().min(1).max(128).optional().describe('Name for people'),
  labels: z
    .record(z.string().max(63), z.union([z.string().max(253), z.array(z.string().max(253))]))
    .optional(),
  annotations: z.record(z.string().max(253), z.string().max(4096)).optional(),
});
export type Metadata = z.infer<typeof Metadata>;

/** One declared thing: a service, an SLO, a schedule. */
export interface Resource<Spec = unknown> {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec: Spec;
  /** Where it was declared, for people. */
  source?: Place;
}

/** A mention of another resource, which must exist. */
export interface Reference {
  kind: string;
  name: string;
  /** Where the mention stands, as `spec.owner`. */
  field: string;
}

/** Finds a resource among those checked together. */
export type Lookup = (kind: string, name: string) => Resource | undefined;

/** The resources of a kind, whichever apiVersion declares it, among those checked together. */
export type Declared = (kind: string) => readonly Resource[];

/** A kind of resource, defined by the room whose noun it is. */
export interface Kind<Spec = unknown> {
  apiVersion: string;
  kind: string;
  /** One sentence for the reference and the editor. */
  summary: string;
  /** Strict: an unknown field is an error. */
  spec: z.ZodType<Spec>;
  /** Its metadata where it is stricter than that of all resources. */
  metadata?: z.ZodType<Metadata>;
  /** The document as it is meant, from what was written: what a blank field stands for. Pure. */
  prepare?(written: unknown): unknown;
  /** Fills in what depends on the metadata or on the file's folder (absolute path). Pure. */
  complete?(resource: Resource<Spec>, folder: string): Resource<Spec>;
  references?(resource: Resource<Spec>): Reference[];
  /** Cross-field rules. A problem's `field` is a path as `spec.steps.0.name`, from which its line is found. */
  check?(resource: Resource<Spec>, lookup: Lookup, declared?: Declared): Problem[];
}

/** Declares a kind; the spec's type follows from its schema. */
export function defineKind<S extends z.ZodType>(
  kind: Omit<Kind<z.output<S>>, 'spec'> & { spec: S },
): Kind<z.output<S>> & { spec: S } {
  return kind as Kind<z.output<S>> & { spec: S };
}

/** A kind with its spec forgotten, as lists of kinds hold it. */
// biome-ignore lint/suspicious/noExplicitAny: a Kind is contravariant in its spec through its hooks; lists of kinds only pass resources back to the kind that parsed them.
export type AnyKind = Kind<any>;

/** `Service/payments`: how a resource is named to people. */
export function resourceId(resource: Pick<Resource, 'kind' | 'metadata'>): string {
  return `${resource.kind}/${resource.metadata.name}`;
}
