import { RE2JS } from 're2js';
import {
  type FieldTest,
  type GlobPart,
  type LogField,
  type LogQuery,
  numberPattern,
  regexText,
  severitiesOf,
} from './query.ts';

/** What a query looks at in one record. */
export interface Matchable {
  body: string;
  service: string;
  scope: string;
  severity: number;
  traceId: string;
  spanId: string;
  attributes: Readonly<Record<string, string>>;
  resource: Readonly<Record<string, string>>;
}

type Predicate = (record: Matchable) => boolean;

/** A query as a test of records in memory: the same answer as its SQL. Expressions are compiled once, here. */
export function logPredicate(query: LogQuery): Predicate {
  switch (query.kind) {
    case 'and': {
      const parts = query.parts.map(logPredicate);
      return record => parts.every(part => part(record));
    }
    case 'or': {
      const parts = query.parts.map(logPredicate);
      return record => parts.some(part => part(record));
    }
    case 'not': {
      const part = logPredicate(query.part);
      return record => !part(record);
    }
    case 'level': {
      const [from, to] = severitiesOf(query.op, query.level);
      return ({ severity }) => severity >= from && severity <= to;
    }
    case 'test':
      return fieldPredicate(query.field, query.test);
  }
}

function fieldPredicate(field: LogField, test: FieldTest): Predicate {
  const agrees = valuePredicate(test);
  switch (field.of) {
    case 'text':
      return ({ body, attributes }) => agrees(body) || Object.values(attributes).some(agrees);
    case 'level':
      return ({ severity }) => severity >= 1 && severity <= 24;
    case 'attribute': {
      const { name } = field;
      return ({ attributes, resource }) => {
        const map = Object.hasOwn(attributes, name) ? attributes : resource;
        return Object.hasOwn(map, name) && agrees(map[name]!);
      };
    }
    case 'record':
      return ({ attributes }) => Object.hasOwn(attributes, field.name) && agrees(attributes[field.name]!);
    case 'resource':
      return ({ resource }) => Object.hasOwn(resource, field.name) && agrees(resource[field.name]!);
    default: {
      const column = field.of;
      return test.is === 'present' ? record => record[column] !== '' : record => agrees(record[column]);
    }
  }
}

const isNumber = new RegExp(numberPattern);

function valuePredicate(test: FieldTest): (value: string) => boolean {
  switch (test.is) {
    case 'present':
      return () => true;
    case 'equal':
      return value => value === test.value;
    case 'containing': {
      const wanted = folded(test.value);
      return value => folded(value).includes(wanted);
    }
    case 'like': {
      const parts = test.part ? [{ wild: '*' } as const, ...test.parts, { wild: '*' } as const] : test.parts;
      const glob = symbolsOf(parts, test.part);
      return value => globMatches(glob, [...(test.part ? folded(value) : value)]);
    }
    case 'matching': {
      const regex = RE2JS.compile(regexText(test));
      return value => regex.test(value);
    }
    case 'compared': {
      const { op, number } = test;
      return text => {
        if (!isNumber.test(text)) return false;
        const value = Number(text);
        return op === '<'
          ? value < number
          : op === '<='
            ? value <= number
            : op === '>'
              ? value > number
              : value >= number;
      };
    }
  }
}

/** Case taken away letter by letter, as the engine does it: `İ` alone would become two letters in JavaScript. */
function folded(text: string): string {
  return text.replaceAll('İ', 'i').toLowerCase();
}

const many = Symbol('*');
const one = Symbol('?');
type GlobSymbol = string | typeof many | typeof one;

function symbolsOf(parts: readonly GlobPart[], anyCase: boolean): GlobSymbol[] {
  return parts.flatMap((part): GlobSymbol[] =>
    'wild' in part ? [part.wild === '*' ? many : one] : [...(anyCase ? folded(part.text) : part.text)],
  );
}

/** Goes back only to the last `*`: at most (pattern × text) steps, whatever the pattern. */
function globMatches(glob: readonly GlobSymbol[], text: readonly string[]): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    const symbol = glob[g];
    if (symbol === many) {
      star = g++;
      from = t;
    } else if (symbol !== undefined && (symbol === one || symbol === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++from;
    } else return false;
  }
  while (glob[g] === many) g++;
  return g === glob.length;
}
