import { RRuleTemporal } from 'rrule-temporal';
import { Fault } from '../kernel/index.ts';
import type { Interval } from './interval.ts';

/** An RRULE of RFC 5545, checked. */
export interface Recurrence {
  /** Without UNTIL. */
  rule: string;
  /** As UNTIL has it: `20261231`, local `20261231T235959`, or with Z in UTC. */
  until?: string;
}

const DAYS = '(MO|TU|WE|TH|FR|SA|SU)';
const list = (one: string) => new RegExp(`^${one}(,${one})*$`);
const count = /^[1-9]\d{0,4}$/;
/** What each part may be. What is left out here would be left out of the meaning, so it is refused. */
const PARTS: Readonly<Record<string, { form: RegExp; says: string }>> = {
  FREQ: { form: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/, says: 'DAILY, WEEKLY, MONTHLY or YEARLY' },
  INTERVAL: { form: count, says: 'a whole number' },
  COUNT: { form: count, says: 'a whole number' },
  UNTIL: { form: /^\d{8}(T\d{6}Z?)?$/, says: 'a date as 20261231, or a time as 20261231T235959Z' },
  BYDAY: { form: list(`([+-]?[1-5])?${DAYS}`), says: 'a list of days as MO,FR, of a month also 1SU or -1SU' },
  BYMONTHDAY: {
    form: list('-?([1-9]|[12]\\d|3[01])'),
    says: 'a list of days from 1 to 31, or -1 for the last',
  },
  BYMONTH: { form: list('([1-9]|1[0-2])'), says: 'a list of months from 1 to 12' },
  BYSETPOS: { form: list('-?[1-9]\\d{0,2}'), says: 'a list of places, or -1 for the last' },
  WKST: { form: new RegExp(`^${DAYS}$`), says: 'a day as MO' },
};
const HINT = `As FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=1SU. Known are ${Object.keys(PARTS).join(', ')}; the time of day is that of from.`;
const MOST_ITERATIONS = 100_000;
/** Days of 13 years: the 29th of February comes in eight at most. */
const SOME_YEARS = 5_000;
const DAY_MS = 86_400_000;

/** Throws `invalid` for a part that is not known here: leaving one out would change its meaning. */
export function recurrenceOf(rule: string): Recurrence {
  const wrong = (message: string) => new Fault('invalid', message, { field: 'rrule', hint: HINT });
  const parts = new Map<string, string>();
  for (const part of rule
    .trim()
    .replace(/^RRULE:/i, '')
    .toUpperCase()
    .split(';')
    .filter(Boolean)) {
    const [name = '', value = ''] = part.split('=', 2);
    const known = PARTS[name];
    if (known === undefined) throw wrong(`${name.slice(0, 20)} of an RRULE is not known here.`);
    if (parts.has(name)) throw wrong(`${name} is given twice.`);
    if (!known.form.test(value)) throw wrong(`${name} is ${known.says}, not '${value.slice(0, 40)}'.`);
    parts.set(name, value);
  }
  const every = parts.get('FREQ');
  if (every === undefined) throw wrong('An RRULE needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.');
  const until = parts.get('UNTIL');
  if (until !== undefined && parts.has('COUNT')) throw wrong('COUNT and UNTIL do not go together.');
  if (/\d/.test(parts.get('BYDAY') ?? '') && every !== 'MONTHLY' && every !== 'YEARLY')
    throw wrong('A day with a number, as 1SU, goes with FREQ=MONTHLY and YEARLY only.');
  if (parts.has('BYMONTHDAY') && every === 'WEEKLY') throw wrong('BYMONTHDAY does not go with FREQ=WEEKLY.');
  if (parts.has('BYSETPOS') && !['BYDAY', 'BYMONTHDAY', 'BYMONTH'].some(name => parts.has(name)))
    throw wrong('BYSETPOS takes some of what BYDAY, BYMONTHDAY or BYMONTH give, and there is none.');
  parts.delete('UNTIL');
  return {
    rule: [...parts].map(([name, value]) => `${name}=${value}`).join(';'),
    ...(until === undefined ? {} : { until }),
  };
}

/** When something happens for the first time, on the clock of a place, and for how long on any clock. */
interface FirstTime {
  at: string;
  timeZone: string;
  lengthMs: number;
}

/**
 * The occurrences that touch a window, oldest first. The local time of day stays over summer time; one that the clock leaves
 * out is as much later, and one that it has twice is the first.
 */
export function occurrences(first: FirstTime, rule: Recurrence | undefined, window: Interval): Interval[] {
  const start = startOf(first);
  const at = (local: Temporal.PlainDateTime): Interval => {
    const from = local.toZonedDateTime(first.timeZone).epochMilliseconds;
    return { from, to: from + first.lengthMs };
  };
  const touches = (one: Interval) => one.to > window.from && one.from < window.to;
  if (rule === undefined) return [at(start)].filter(touches);
  const until = rule.until === undefined ? undefined : untilOf(rule.until, first.timeZone);
  // No clock is more than a day off.
  const [from, to] = [window.from - first.lengthMs - DAY_MS, window.to + DAY_MS];
  const found = within(() => seriesOf(rule.rule, start).between(new Date(from), new Date(to), true)) ?? [];
  return found
    .map(one => at(one.toPlainDateTime()))
    .filter(one => touches(one) && (until === undefined || one.from <= until));
}

/** Whether a rule comes at all, within some years: the 30th of February does not. */
export function everComes(first: FirstTime, { rule, until }: Recurrence): boolean {
  const start = startOf(first);
  const next = within(() =>
    seriesOf(rule, start, SOME_YEARS).next(new Date(start.toZonedDateTime('UTC').epochMilliseconds), true),
  );
  if (next === undefined) return false;
  const from = next.toPlainDateTime().toZonedDateTime(first.timeZone).epochMilliseconds;
  return until === undefined || from <= untilOf(until, first.timeZone);
}

function startOf({ at }: FirstTime): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from(at, { overflow: 'reject' });
}

/** Counted on a clock without summer time, which has every hour of every day once. */
function seriesOf(rule: string, start: Temporal.PlainDateTime, maxIterations = MOST_ITERATIONS) {
  return new RRuleTemporal({
    rruleString: rule,
    dtstart: start.toZonedDateTime('UTC'),
    tzid: 'UTC',
    maxIterations,
  });
}

/** The library gives up with an error where nothing comes for long. */
function within<T>(find: () => T | null): T | undefined {
  try {
    return find() ?? undefined;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Maximum iterations')) return undefined;
    throw error;
  }
}

/** The last instant at which something may begin. A date is the whole of its day. */
function untilOf(until: string, timeZone: string): number {
  const [date, time] = [until.slice(0, 8), until.slice(9, 15)];
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  const clock = time === '' ? '23:59:59' : `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  const local = Temporal.PlainDateTime.from(`${day}T${clock}`, { overflow: 'reject' });
  return local.toZonedDateTime(until.endsWith('Z') ? 'UTC' : timeZone).epochMilliseconds;
}
