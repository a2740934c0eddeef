import { labelName } from './metric-name.ts';
import { attribute, valueText } from './otlp/attribute.ts';
import type { KeyValue, Resource } from './otlp/message.ts';
import type { Labels } from './promql/labels.ts';

/** Resource attributes that every series carries, besides job and instance: what one slices by. */
const promoted = ['service.name', 'service.version', 'deployment.environment.name'] as const;
/** What tells a resource itself, and so is no label of target_info. */
const identifying = new Set(['service.name', 'service.namespace', 'service.instance.id']);

/** The labels that a resource gives to each of its series. */
export function resourceLabels(resource: Resource | undefined): Record<string, string> {
  const attributes = resource?.attributes ?? [];
  const labels: Record<string, string> = {};
  const name = attribute(attributes, 'service.name');
  const namespace = attribute(attributes, 'service.namespace');
  if (name !== undefined) labels.job = namespace === undefined ? name : `${namespace}/${name}`;
  const instance = attribute(attributes, 'service.instance.id');
  if (instance !== undefined) labels.instance = instance;
  for (const key of promoted) {
    const value = attribute(attributes, key);
    if (value !== undefined) labels[labelName(key)] = value;
  }
  const environment = attribute(attributes, 'deployment.environment');
  // The name of before semantic conventions 1.27.
  if (environment !== undefined) labels.deployment_environment_name ??= environment;
  return labels;
}

/** The labels of target_info: all of the resource. Undefined when there is nothing to tell or nobody to tell it of. */
export function targetInfo(resource: Resource | undefined): Labels | undefined {
  const shared = resourceLabels(resource);
  if (shared.job === undefined && shared.instance === undefined) return undefined;
  const rest = (resource?.attributes ?? []).filter(({ key }) => !identifying.has(key));
  return { ...attributeLabels(rest), ...shared, __name__: 'target_info' };
}

/** Attributes as labels. Keys that become one name are joined by `;` in the order of the keys, as the specification says. */
export function attributeLabels(attributes: readonly KeyValue[]): Record<string, string> {
  const labels: Record<string, string> = {};
  let sources: Record<string, [key: string, value: string][]> | undefined;
  for (const { key, value } of attributes) {
    const text = valueText(value);
    if (text === '') continue;
    const name = labelName(key);
    if (labels[name] === undefined) {
      labels[name] = text;
      continue;
    }
    sources ??= {};
    sources[name] ??= attributes
      .filter(pair => labelName(pair.key) === name)
      .map(pair => [pair.key, valueText(pair.value)]);
  }
  for (const [name, pairs] of Object.entries(sources ?? {}))
    labels[name] = pairs
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, value]) => value)
      .join(';');
  return labels;
}
