import { z } from 'zod';

/** The fields that a schema knows at a path, of every branch of a union; none where it holds no object. */
export function fieldsAt(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): string[] {
  if (schema === undefined) return [];
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion)
    return [...new Set(inner.options.flatMap(option => fieldsAt(option, path)))];
  if (inner instanceof z.ZodObject) {
    const shape: Record<string, z.core.$ZodType> = inner.shape;
    const [first, ...rest] = path;
    return first === undefined ? Object.keys(shape) : fieldsAt(shape[String(first)], rest);
  }
  if (path.length === 0) return [];
  if (inner instanceof z.ZodArray) return fieldsAt(inner.element, path.slice(1));
  if (inner instanceof z.ZodRecord) return fieldsAt(inner.valueType, path.slice(1));
  return [];
}

/** What an optional, a default or a pipe holds. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType, in: input } = schema._zod.def as {
    innerType?: z.core.$ZodType;
    in?: z.core.$ZodType;
  };
  const held = innerType ?? input;
  return held === undefined ? schema : unwrapped(held);
}
