import { z } from 'zod';
import { DurationText, messageOf, type Problem } from '../../kernel/index.ts';
import { scheduleOf } from './schedule.ts';

const Schedule = z.strictObject({
  cron: z.string().min(9).max(200).optional().describe('Five fields, as 0 3 * * *'),
  rrule: z.string().min(5).max(500).optional().describe('RFC 5545, as FREQ=DAILY;BYHOUR=3;BYMINUTE=0'),
  start: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$/, 'expected a local time, as 2026-01-01T03:00')
    .optional()
    .describe('From when an RRULE counts, in the time zone'),
  timeZone: z.string().min(1).max(64).default('UTC').describe('As Europe/Berlin'),
});

/** A job that must run: how often it is to say so. */
export const Heartbeat = z.strictObject({
  every: DurationText.optional().describe('It succeeds at least once in so long'),
  schedule: Schedule.optional().describe('It runs at these times'),
  grace: DurationText.default('5m').describe('How late it may be'),
  maxDuration: DurationText.optional().describe(
    'A run that has begun and does not end within this is too long',
  ),
  token: z
    .string()
    .min(8)
    .max(200)
    .optional()
    .describe('What a signal must bring; ${NAME} takes an environment variable of the server'),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** What is wrong with a heartbeat beyond its shape. */
export function heartbeatProblems({ every, schedule }: Heartbeat): Problem[] {
  const problems: Problem[] = [];
  if ((every === undefined) === (schedule === undefined))
    problems.push({ field: 'spec.heartbeat', message: 'a heartbeat has either every or schedule' });
  if (schedule === undefined) return problems;
  if ((schedule.cron === undefined) === (schedule.rrule === undefined))
    problems.push({ field: 'spec.heartbeat.schedule', message: 'a schedule has either cron or rrule' });
  else
    try {
      scheduleOf(schedule);
    } catch (error) {
      problems.push({ field: 'spec.heartbeat.schedule', message: messageOf(error) });
    }
  return problems;
}
