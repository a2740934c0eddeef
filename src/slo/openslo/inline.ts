import { Fault, type Place, type Problem } from '../../kernel/index.ts';
import { APIVERSION } from './description.ts';

/** An OpenSLO object as it was written. */
export interface OpenSloObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}

/** Where mentions stand, what they name, and what takes their place. */
const MENTIONS = {
  indicatorRef: { kind: 'SLI', as: 'indicator', withKind: false },
  alertPolicyRef: { kind: 'AlertPolicy', withKind: true },
  conditionRef: { kind: 'AlertCondition', withKind: true },
  targetRef: { kind: 'AlertNotificationTarget', withKind: true },
} as const;

/**
 * Makes every object say itself what it mentioned: an SLO its indicator, a policy its conditions and targets.
 * What was mentioned is left out unless `keep`. Data sources are connections, and stay mentions. Throws `invalid`
 * naming each thing that is not there, with its place where `placeOf` tells where an object's field was written.
 */
export function inlined(
  objects: readonly OpenSloObject[],
  {
    keep = false,
    placeOf = () => undefined,
  }: { keep?: boolean; placeOf?: (object: number, field: string) => Place | undefined } = {},
): OpenSloObject[] {
  const used = new Set<string>();
  const problems = new Map<string, Problem>();
  const find = (kind: string, name: string) =>
    objects.findIndex(
      one => one.apiVersion === APIVERSION && one.kind === kind && one.metadata.name === name,
    );

  const resolve = (value: unknown, owner: number, field: string): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => resolve(one, owner, `${field}.${index}`));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
      const mention = MENTIONS[key as keyof typeof MENTIONS];
      if (mention === undefined || typeof inner !== 'string')
        return [key, key === 'metricSource' ? inner : resolve(inner, owner, `${field}.${key}`)];
      const index = find(mention.kind, inner);
      const found = objects[index];
      if (found === undefined) {
        const at = `${field}.${key}`;
        const place = placeOf(owner, at);
        // A policy is resolved for itself and in each SLO that mentions it, and lacks the same thing each time.
        problems.set(`${owner} ${at}`, {
          field: at,
          message: `${idOf(objects[owner]!)} mentions the ${mention.kind} '${inner}', which is not there`,
          ...(place === undefined ? {} : { place }),
        });
        return [key, inner];
      }
      used.add(idOf(found));
      const body = { metadata: found.metadata, spec: resolve(found.spec, index, 'spec') };
      return mention.withKind ? ['', { kind: found.kind, ...body }] : [mention.as, body];
    });
    // A policy, condition or target is the whole item of its list, and not a key in it.
    const whole = entries.find(([key]) => key === '');
    return whole === undefined ? Object.fromEntries(entries) : whole[1];
  };

  const answers = objects.map((one, index) =>
    one.apiVersion === APIVERSION
      ? { ...one, spec: resolve(one.spec, index, 'spec') as Record<string, unknown> }
      : one,
  );
  const all = [...problems.values()];
  if (all.length > 1)
    throw new Fault('invalid', `${all.length} things are mentioned that are not there.`, { problems: all });
  for (const { message, ...detail } of all) throw new Fault('invalid', `${message}.`, detail);
  return keep ? answers : answers.filter(one => !used.has(idOf(one)));
}

function idOf({ kind, metadata }: OpenSloObject): string {
  return `${kind} ${metadata.name}`;
}
