import { CronExpressionParser } from 'cron-parser';
import { RRuleTemporal } from 'rrule-temporal';
import { Fault, isTimeZone, messageOf } from '../../kernel/index.ts';

/** When a job is due. Times in epoch ms; undefined where there is none. */
export interface Schedule {
  /** The last time at or before `now`. */
  last(now: number): number | undefined;
  /** The first time after `now`. */
  next(now: number): number | undefined;
}

export interface ScheduleText {
  cron?: string | undefined;
  rrule?: string | undefined;
  start?: string | undefined;
  timeZone: string;
}

/** An RRULE without a start counts from here: long ago, so that INTERVAL has something to count from. */
const DEFAULT_START = '2020-01-01T00:00:00';
const MOST_ITERATIONS = 100_000;

/** A schedule from its text. Throws `invalid`. */
export function scheduleOf({ cron, rrule, start, timeZone }: ScheduleText): Schedule {
  if (!isTimeZone(timeZone))
    throw new Fault('invalid', `'${timeZone.slice(0, 64)}' is not a time zone.`, {
      hint: 'As Europe/Berlin.',
    });
  if (cron !== undefined) return cronSchedule(cron, timeZone);
  return rruleSchedule(rrule ?? '', start ?? DEFAULT_START, timeZone);
}

function cronSchedule(cron: string, timeZone: string): Schedule {
  // The library also takes six fields, with seconds, which a cron table has not.
  if (cron.trim().split(/\s+/).length !== 5)
    throw new Fault('invalid', `'${cron.slice(0, 80)}' is not a cron expression: it has five fields.`);
  const at = (now: number) => {
    try {
      return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(now) });
    } catch (error) {
      throw new Fault('invalid', `'${cron.slice(0, 80)}' is not a cron expression: ${messageOf(error)}`);
    }
  };
  const or = (find: () => number): number | undefined => {
    try {
      return find();
    } catch {
      // A date that never comes, as the 31st of February.
      return undefined;
    }
  };
  at(0);
  return {
    // One past now, because the one before is looked for.
    last: now => {
      const expression = at(now + 1);
      return or(() => expression.prev().getTime());
    },
    next: now => {
      const expression = at(now);
      return or(() => expression.next().getTime());
    },
  };
}

function rruleSchedule(rrule: string, start: string, timeZone: string): Schedule {
  let rule: RRuleTemporal;
  try {
    rule = new RRuleTemporal({
      rruleString: rrule.replace(/^RRULE:/, ''),
      dtstart: Temporal.PlainDateTime.from(start).toZonedDateTime(timeZone),
      tzid: timeZone,
      maxIterations: MOST_ITERATIONS,
    });
    rule.next(new Date(0));
  } catch (error) {
    throw new Fault('invalid', `'${rrule.slice(0, 80)}' is not an RRULE: ${messageOf(error)}`, {
      hint: 'As FREQ=DAILY;BYHOUR=3;BYMINUTE=0.',
    });
  }
  return {
    last: now => rule.previous(new Date(now), true)?.epochMilliseconds,
    next: now => rule.next(new Date(now), false)?.epochMilliseconds,
  };
}
