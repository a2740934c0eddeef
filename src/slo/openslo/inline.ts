import { Fault, type Problem } from '../../kernel/index.ts';
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
 * naming each thing that is not there.
 */
export function inlined(objects: readonly OpenSloObject[], { keep = false } = {}): OpenSloObject[] {
  const used = new Set<string>();
  const problems: Problem[] = [];
  const find = (kind: string, name: string) =>
    objects.find(one => one.apiVersion === APIVERSION && one.kind === kind && one.metadata.name === name);

  const resolve = (value: unknown, owner: string, field: string): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => resolve(one, owner, `${field}.${index}`));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
      const mention = MENTIONS[key as keyof typeof MENTIONS];
      if (mention === undefined || typeof inner !== 'string')
        return [key, key === 'metricSource' ? inner : resolve(inner, owner, `${field}.${key}`)];
      const found = find(mention.kind, inner);
      if (found === undefined) {
        problems.push({
          field: `${field}.${key}`,
          message: `${owner} mentions the ${mention.kind} '${inner}', which is not there`,
        });
        return [key, inner];
      }
      used.add(idOf(found));
      const body = {
        metadata: found.metadata,
        spec: resolve(found.spec, idOf(found), 'spec'),
      };
      return mention.withKind ? ['', { kind: found.kind, ...body }] : [mention.as, body];
    });
    // A policy, condition or target is the whole item of its list, and not a key in it.
    const whole = entries.find(([key]) => key === '');
    return whole === undefined ? Object.fromEntries(entries) : whole[1];
  };

  const answers = objects.map(one =>
    one.apiVersion === APIVERSION
      ? { ...one, spec: resolve(one.spec, idOf(one), 'spec') as Record<string, unknown> }
      : one,
  );
  if (problems.length > 0)
    throw new Fault('invalid', `${problems[0]!.message}.`, { problems, field: problems[0]!.field! });
  return keep ? answers : answers.filter(one => !used.has(idOf(one)));
}

function idOf({ kind, metadata }: OpenSloObject): string {
  return `${kind} ${metadata.name}`;
}
