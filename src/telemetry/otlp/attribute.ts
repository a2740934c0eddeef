import type { AnyValue, KeyValue } from './message.ts';

/** An attribute's value as text: text as it is, lists and maps as JSON (as the collector's AsString does). */
export function valueText(value: AnyValue | undefined): string {
  if (value === undefined) return '';
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.intValue !== undefined) return value.intValue.toString();
  if (value.boolValue !== undefined) return String(value.boolValue);
  if (value.doubleValue !== undefined) return String(value.doubleValue);
  if (value.bytesValue !== undefined) return value.bytesValue;
  const plain = plainValue(value);
  return plain === null ? '' : JSON.stringify(plain);
}

/** Integers past 2^53 come as text: JSON's numbers do not hold them. */
function plainValue(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plainValue);
  if (value.kvlistValue !== undefined)
    return Object.fromEntries(
      value.kvlistValue.values.map(({ key, value }) => [key, value === undefined ? null : plainValue(value)]),
    );
  if (value.intValue !== undefined)
    return Number.isSafeInteger(Number(value.intValue)) ? Number(value.intValue) : value.intValue.toString();
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}

/** Attributes as the JSON of a map of text to text. */
export function attributesJson(attributes: readonly KeyValue[]): string {
  let text = '{';
  for (const { key, value } of attributes)
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(valueText(value))}`;
  return `${text}}`;
}

/** The text of one attribute, or undefined when it is absent or empty. */
export function attribute(attributes: readonly KeyValue[], key: string): string | undefined {
  for (const pair of attributes) if (pair.key === key) return valueText(pair.value) || undefined;
  return undefined;
}
