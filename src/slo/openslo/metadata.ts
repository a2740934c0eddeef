import { z } from 'zod';
import { Metadata } from '../../catalog/index.ts';

const WORD = '[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?';
const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';

const LabelKey = z
  .string()
  .regex(
    new RegExp(`^${WORD}$`),
    'a label is 1 to 63 letters, digits, hyphens, dots and underscores, beginning and ending with a letter or digit',
  );

const AnnotationKey = z
  .string()
  .regex(
    new RegExp(`^(?=.{1,253}/|[^/]*$)(${LABEL}(\\.${LABEL})*/)?${WORD}$`),
    'an annotation is named as owner or as example.com/owner: a DNS name and a slash before 1 to 63 letters, digits, hyphens, dots and underscores',
  );

/** OpenSLO's metadata: as of every resource, with its own rules for the names of labels and annotations. */
export const OpenSloMetadata = Metadata.extend({
  labels: z
    .record(
      LabelKey,
      z.union(
        [z.string().max(253), z.array(z.string().max(253))],
        'the value of a label is a string or a list of strings; a number or true stands in quotes',
      ),
    )
    .optional(),
  annotations: z.record(AnnotationKey, z.string().max(4096)).optional(),
});

/** OpenSLO's first version knows a name and a name for people. */
export const V1AlphaMetadata = Metadata.pick({ name: true, displayName: true });
