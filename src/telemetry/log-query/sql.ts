import {
  type FieldTest,
  type GlobPart,
  type LogField,
  type LogQuery,
  numberPattern,
  regexText,
  severitiesOf,
} from './query.ts';

/** A condition of a WHERE and the values that it names. */
export interface Condition {
  sql: string;
  params: Record<string, string | number>;
}

/**
 * A query as a condition over otel_logs. All that the query says enters by parameters (`{q0:String}`); the text of the
 * SQL is made of this file's own words only.
 */
export function logCondition(query: LogQuery): Condition {
  const params: Record<string, string | number> = {};
  const names = new Map<string, string>();
  /** A name for a value; equal values have one. */
  const bind = (value: string): string => {
    let name = names.get(value);
    if (name === undefined) {
      name = `q${names.size}`;
      names.set(value, name);
      params[name] = value;
    }
    return `{${name}:String}`;
  };
  return { sql: condition(query, bind), params };
}

type Bind = (value: string) => string;

function condition(query: LogQuery, bind: Bind): string {
  switch (query.kind) {
    case 'and':
    case 'or': {
      if (query.parts.length === 0) return query.kind === 'and' ? 'true' : 'false';
      const parts = query.parts.map(part => condition(part, bind));
      return parts.length === 1 ? parts[0]! : `(${parts.join(query.kind === 'and' ? ' AND ' : ' OR ')})`;
    }
    case 'not':
      return `NOT ${condition(query.part, bind)}`;
    case 'level': {
      const [from, to] = severitiesOf(query.op, query.level);
      return `(SeverityNumber >= ${from} AND SeverityNumber <= ${to})`;
    }
    case 'test':
      return fieldCondition(query.field, query.test, bind);
  }
}

const columns = {
  body: 'Body',
  service: 'ServiceName',
  scope: 'ScopeName',
  traceId: 'TraceId',
  spanId: 'SpanId',
} as const;

function fieldCondition(field: LogField, test: FieldTest, bind: Bind): string {
  switch (field.of) {
    case 'text':
      return `(${valueCondition('Body', test, bind)} OR arrayExists(value -> ${valueCondition('value', test, bind)}, mapValues(LogAttributes)))`;
    case 'level':
      return '(SeverityNumber >= 1 AND SeverityNumber <= 24)';
    case 'attribute': {
      const own = mapCondition('LogAttributes', field.name, test, bind);
      const name = bind(field.name);
      return `(${own} OR (NOT mapContains(LogAttributes, ${name}) AND ${mapCondition('ResourceAttributes', field.name, test, bind)}))`;
    }
    case 'record':
      return mapCondition('LogAttributes', field.name, test, bind);
    case 'resource':
      return mapCondition('ResourceAttributes', field.name, test, bind);
    default:
      return test.is === 'present'
        ? `(${columns[field.of]} != '')`
        : valueCondition(columns[field.of], test, bind);
  }
}

/** A key that is not there is told from one whose value is empty. */
function mapCondition(map: string, name: string, test: FieldTest, bind: Bind): string {
  const key = bind(name);
  const has = `mapContains(${map}, ${key})`;
  return test.is === 'present' ? has : `(${has} AND ${valueCondition(`${map}[${key}]`, test, bind)})`;
}

function valueCondition(value: string, test: FieldTest, bind: Bind): string {
  switch (test.is) {
    case 'present':
      return 'true';
    case 'equal':
      return `(${value} = ${bind(test.value)})`;
    case 'containing':
      return test.value === '' ? 'true' : `(positionCaseInsensitiveUTF8(${value}, ${bind(test.value)}) > 0)`;
    case 'like':
      return test.part
        ? `(${value} ILIKE ${bind(`%${likeText(test.parts)}%`)})`
        : `(${value} LIKE ${bind(likeText(test.parts))})`;
    case 'matching':
      return `match(${value}, ${bind(regexText(test))})`;
    case 'compared':
      return `(match(${value}, ${bind(numberPattern)}) AND toFloat64OrZero(${value}) ${test.op} toFloat64(${bind(String(test.number))}))`;
  }
}

function likeText(parts: readonly GlobPart[]): string {
  return parts
    .map(part => {
      if ('wild' in part) return part.wild === '*' ? '%' : '_';
      return part.text.replace(/[\\%_]/g, '\\$&');
    })
    .join('');
}
