import type { z } from 'zod';
import { V1AlphaSlo } from '../openslo/v1alpha.ts';

const DAY_MS = 86_400_000;

/**
 * The document as Sloth reads it (https://sloth.dev/specs/openslo/): what it needs not it ignores, a window that is not
 * given is the default period, and a unit may be written small.
 */
export function readV1Alpha(
  value: unknown,
  period: number,
): { checked: z.ZodSafeParseResult<V1AlphaSlo>; ignored: string[] } {
  const document = windowed(structuredClone(value), period);
  const checked = V1AlphaSlo.safeParse(document);
  const unknown = (checked.error?.issues ?? []).filter(issue => issue.code === 'unrecognized_keys');
  for (const { path, keys } of unknown) {
    const holder = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], document);
    for (const key of keys) delete (holder as Record<string, unknown>)[key];
  }
  return {
    checked: unknown.length === 0 ? checked : V1AlphaSlo.safeParse(document),
    ignored: unknown.flatMap(({ path, keys }) => keys.map(key => [...path, key].join('.'))),
  };
}

function windowed(document: unknown, period: number): unknown {
  const spec = (document as { spec?: Record<string, unknown> } | null)?.spec;
  if (typeof spec !== 'object' || spec === null) return document;
  const windows = spec.timeWindows;
  if (windows === undefined || windows === null || (Array.isArray(windows) && windows.length === 0))
    spec.timeWindows = [
      period % DAY_MS === 0
        ? { unit: 'Day', count: period / DAY_MS, isRolling: true }
        : { unit: 'Second', count: period / 1000, isRolling: true },
    ];
  else if (Array.isArray(windows))
    for (const window of windows as { unit?: unknown }[])
      if (typeof window?.unit === 'string')
        window.unit = window.unit.charAt(0).toUpperCase() + window.unit.slice(1).toLowerCase();
  return document;
}

/** What no rule can be made of: other sources than Prometheus, thresholds. */
export function unreadable({ spec }: V1AlphaSlo): { field: string; message: string }[] {
  return spec.objectives.flatMap((objective, index) => {
    const at = `spec.objectives.${index}`;
    const { ratioMetrics } = objective;
    if (ratioMetrics === undefined)
      return [{ field: at, message: 'ratioMetrics is needed: rules are made of good ÷ total' }];
    return (['good', 'total'] as const).flatMap(part => {
      const { source, queryType } = ratioMetrics[part];
      return [
        ...(/^(prometheus|sloth)$/.test(source)
          ? []
          : [
              {
                field: `${at}.ratioMetrics.${part}.source`,
                message: `the source is prometheus, not ${source}`,
              },
            ]),
        ...(queryType === 'promql'
          ? []
          : [
              {
                field: `${at}.ratioMetrics.${part}.queryType`,
                message: `the query type is promql, not ${queryType}`,
              },
            ]),
      ];
    });
  });
}
