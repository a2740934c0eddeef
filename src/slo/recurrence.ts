import { Fault } from '../kernel/index.ts';
import type { Interval } from './interval.ts';

/** The part of RFC 5545's RRULE that corrections need; `times` is COUNT. */
export interface Recurrence {
  every: 'DAILY' | 'WEEKLY' | 'MONTHLY';
  interval: number;
  /** 1 = Monday … 7 = Sunday. */
  days: number[];
  monthDays: number[];
  times?: number;
  until?: string;
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const KNOWN = new Set(['FREQ', 'INTERVAL', 'BYDAY', 'BYMONTHDAY', 'COUNT', 'UNTIL']);
/** No rule is followed for more days. */
const LONGEST_DAYS = 20_000;
const HINT =
  'As FREQ=WEEKLY;BYDAY=SU. Known are FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY, BYMONTHDAY, COUNT and UNTIL.';

/** Throws `invalid` for a part that is not known here: leaving one out would change its meaning. */
export function recurrenceOf(rule: string): Recurrence {
  const parts = new Map(
    rule
      .replace(/^RRULE:/, '')
      .split(';')
      .filter(part => part !== '')
      .map(part => [part.split('=')[0]!, part.split('=')[1] ?? ''] as const),
  );
  const wrong = (message: string) => new Fault('invalid', message, { field: 'rrule', hint: HINT });
  for (const name of parts.keys())
    if (!KNOWN.has(name)) throw wrong(`${name} of an RRULE is not known here.`);
  const every = parts.get('FREQ');
  if (every !== 'DAILY' && every !== 'WEEKLY' && every !== 'MONTHLY')
    throw wrong('An RRULE needs FREQ=DAILY, WEEKLY or MONTHLY.');
  const whole = (name: string): number | undefined => {
    const text = parts.get(name);
    if (text === undefined) return undefined;
    if (!/^[1-9]\d{0,4}$/.test(text)) throw wrong(`${name} is a whole number, not '${text.slice(0, 20)}'.`);
    return Number(text);
  };
  const list = (name: string) => (parts.get(name) ?? '').split(',').filter(one => one !== '');
  const days = list('BYDAY').map(day => DAYS.indexOf(day) + 1);
  if (days.includes(0)) throw wrong('BYDAY is a list of MO, TU, WE, TH, FR, SA, SU.');
  if (days.length > 0 && every === 'MONTHLY') throw wrong('BYDAY goes with DAILY and WEEKLY only.');
  const monthDays = list('BYMONTHDAY').map(Number);
  if (monthDays.some(day => !Number.isInteger(day) || day < 1 || day > 31))
    throw wrong('BYMONTHDAY is a list of days from 1 to 31.');
  const until = parts.get('UNTIL');
  if (until !== undefined && !/^\d{8}(T\d{6}Z?)?$/.test(until)) throw wrong('UNTIL is a date as 20261231.');
  const times = whole('COUNT');
  return {
    every,
    interval: whole('INTERVAL') ?? 1,
    days,
    monthDays,
    ...(times === undefined ? {} : { times }),
    ...(until === undefined ? {} : { until: until.slice(0, 8) }),
  };
}

/** The occurrences that touch a window, oldest first: the local time of day stays over summer time. */
export function occurrences(
  first: { at: string; timeZone: string; lengthMs: number },
  rule: Recurrence | undefined,
  window: Interval,
): Interval[] {
  const start = Temporal.PlainDateTime.from(first.at);
  const begin = start.toPlainDate();
  const found: Interval[] = [];
  const at = (day: Temporal.PlainDate) => {
    const from = day.toZonedDateTime({ plainTime: start.toPlainTime(), timeZone: first.timeZone });
    return { from: from.epochMilliseconds, to: from.epochMilliseconds + first.lengthMs };
  };
  const keep = (one: Interval) => {
    if (one.to > window.from && one.from < window.to) found.push(one);
  };
  if (rule === undefined) {
    keep(at(begin));
    return found;
  }
  let times = 0;
  for (let offset = 0; offset < LONGEST_DAYS; offset++) {
    const day = begin.add({ days: offset });
    if (rule.until !== undefined && day.toString().replaceAll('-', '') > rule.until) break;
    if (!falls(day, begin, offset, rule)) continue;
    const one = at(day);
    if (one.from >= window.to) break;
    keep(one);
    if (++times === rule.times) break;
  }
  return found;
}

function falls(
  day: Temporal.PlainDate,
  begin: Temporal.PlainDate,
  offset: number,
  { every, interval, days, monthDays }: Recurrence,
): boolean {
  if (monthDays.length > 0 && !monthDays.includes(day.day)) return false;
  if (every === 'DAILY')
    return offset % interval === 0 && (days.length === 0 || days.includes(day.dayOfWeek));
  if (every === 'MONTHLY') {
    const months = (day.year - begin.year) * 12 + day.month - begin.month;
    return months % interval === 0 && (monthDays.length > 0 || day.day === begin.day);
  }
  // Weeks begin on Monday, as RFC 5545 has it where WKST is not given.
  const weeks = Math.floor((offset + begin.dayOfWeek - 1) / 7);
  return (
    weeks % interval === 0 &&
    (days.length === 0 ? day.dayOfWeek === begin.dayOfWeek : days.includes(day.dayOfWeek))
  );
}
