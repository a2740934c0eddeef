import { z } from 'zod';
import type { AnyOperation } from '../kernel/index.ts';

/** An operation as a surface sees it: what it is called and what it takes, not what it needs to run. */
export type Capability = AnyOperation<never>;

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The JSON type by which text from a command line or a query string is read. */
export type FieldType = 'string' | 'number' | 'integer' | 'boolean' | 'instant' | 'json';

/** One input of an operation, as flags, query strings and reference pages need it. */
export interface Field {
  /** The input's key. */
  name: string;
  /** The same in kebab-case, as flags are written: `dryRun` → `dry-run`. */
  flag: string;
  /** Of the value, or of each value where the field repeats. */
  type: FieldType;
  /** May be given several times; the values make an array. */
  repeats: boolean;
  choices?: readonly string[];
  required: boolean;
  default?: unknown;
  description: string;
}

/** The inputs of an operation in the order of their declaration. */
export function fieldsOf(operation: Capability): Field[] {
  const schema = inputSchema(operation);
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const outer = resolve(property as JsonSchema, schema);
    const repeats = outer.type === 'array' && !Array.isArray(outer.items) && outer.items !== undefined;
    const inner = repeats ? resolve(outer.items as JsonSchema, schema) : outer;
    const { type, choices } = typeOf(inner, schema);
    return {
      name,
      flag: kebab(name),
      type,
      repeats,
      required: required.has(name),
      description: (property as JsonSchema).description ?? outer.description ?? '',
      ...(choices === undefined ? {} : { choices }),
      ...(outer.default === undefined ? {} : { default: outer.default }),
    };
  });
}

/** The JSON Schema (2020-12) of what an operation takes; unknown keys are refused, as the call pipeline does. */
export function inputSchema(operation: Capability): JsonSchema {
  return z.toJSONSchema(z.strictObject(operation.input.shape), { io: 'input', override: withoutTimePattern });
}

/** The JSON Schema (2020-12) of what an operation answers. */
export function outputSchema(operation: Capability): JsonSchema {
  return z.toJSONSchema(operation.output, { io: 'output', override: withoutTimePattern });
}

/** A time's format says it all; the pattern that zod writes beside it is 300 characters of leap years for every time. */
export function withoutTimePattern({
  jsonSchema,
}: {
  jsonSchema: { format?: string | undefined; pattern?: string };
}): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

/** `incident.resolve` → `incident_resolve`, the name of the tool. */
export function toolName(operation: Pick<Capability, 'name'>): string {
  return operation.name.replaceAll('.', '_').replaceAll('-', '_');
}

/** The room and the verb: `incident.resolve` → `incident`, `resolve`. */
export function partsOf(operation: Pick<Capability, 'name'>): { room: string; verb: string } {
  const dot = operation.name.indexOf('.');
  return { room: operation.name.slice(0, dot), verb: kebab(operation.name.slice(dot + 1)) };
}

/** The method and path of a route, and the path's parameters: `POST /incidents/:id/resolve`. */
export function routeOf(operation: Pick<Capability, 'route'>): {
  method: string;
  path: string;
  params: string[];
} {
  const [method = '', path = ''] = operation.route.split(' ');
  return { method, path, params: [...path.matchAll(/:([A-Za-z]\w*)/g)].map(([, name]) => name!) };
}

/** Inputs of these methods travel in the query string. */
export function inQuery(method: string): boolean {
  return method === 'GET' || method === 'DELETE';
}

/**
 * The value that texts stand for. Text that is not of the field's type is passed on as it is: the call pipeline then
 * refuses it with the one sentence that every surface shows.
 */
export function readTexts(field: Field, texts: readonly string[]): unknown {
  if (field.repeats) return texts.map(text => readText(field, text));
  return texts.length === 1 ? readText(field, texts[0]!) : [...texts];
}

function readText(field: Field, text: string): unknown {
  switch (field.type) {
    case 'number':
    case 'integer':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return text === 'true' || text === '1' || text === ''
        ? true
        : text === 'false' || text === '0'
          ? false
          : text;
    case 'instant':
      return readInstant(text);
    case 'json':
      return readJson(text);
    case 'string':
      return text;
  }
}

/** ISO 8601 in any usual precision; a time without a zone is UTC. */
function readInstant(text: string): string {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)) return text;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10)) || text.length === 10 ? text : `${text}Z`;
  const ms = Date.parse(zoned);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function typeOf(schema: JsonSchema, root: JsonSchema): { type: FieldType; choices?: string[] } {
  const options = (schema.anyOf ?? schema.oneOf)?.map(option => resolve(option as JsonSchema, root));
  if (options !== undefined) {
    const kinds = options.filter(option => option.type !== 'null').map(option => typeOf(option, root));
    const choices = kinds.every(kind => kind.choices !== undefined)
      ? kinds.flatMap(kind => kind.choices!)
      : undefined;
    const [first] = kinds;
    const same = first !== undefined && kinds.every(kind => kind.type === first.type);
    const type = same ? first.type : kinds.some(kind => kind.type === 'string') ? 'string' : 'json';
    return { type, ...(choices === undefined ? {} : { choices }) };
  }
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  const types = Array.isArray(schema.type) ? schema.type.filter(type => type !== 'null') : [schema.type];
  const choices = values?.filter(value => value !== null).map(String);
  const withChoices = choices === undefined ? {} : { choices };
  if (types.length === 1) {
    if (types[0] === 'string' && schema.format === 'date-time') return { type: 'instant' };
    if (types[0] === 'string' || types[0] === 'number' || types[0] === 'integer' || types[0] === 'boolean')
      return { type: types[0], ...withChoices };
  }
  if (types.includes('string') || values?.every(value => typeof value === 'string'))
    return { type: 'string', ...withChoices };
  return { type: 'json' };
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = schema.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
  const target = name === undefined ? undefined : root.$defs?.[name];
  if (target === undefined || typeof target === 'boolean') return schema;
  return { ...resolve(target as JsonSchema, root), ...schema };
}
