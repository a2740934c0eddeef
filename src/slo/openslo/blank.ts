/** What belongs to a source of metrics: any shape, and a null in it is a value. */
const ANY_SHAPE: Record<string, string> = { connectionDetails: '', spec: 'metricSource' };

/**
 * A document without the fields that are written and left blank (`alertPolicies:` and nothing after it). OpenSLO's own
 * tools read them as if they were not there, and its examples have them.
 */
export function withoutBlanks(written: unknown, within = ''): unknown {
  if (Array.isArray(written)) return written.map(one => withoutBlanks(one));
  if (typeof written !== 'object' || written === null) return written;
  return Object.fromEntries(
    Object.entries(written).flatMap(([key, value]) => {
      const holder = ANY_SHAPE[key];
      if (holder === '') return [[key, value]];
      if (value === null) return [];
      return [[key, holder === within ? value : withoutBlanks(value, key)]];
    }),
  );
}
