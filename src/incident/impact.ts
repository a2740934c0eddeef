import { type Instant, timeOfDay } from '../kernel/index.ts';
import type { AlertFacts, Impact } from './facts.ts';

/**
 * The title that an alert gives an incident: the service as people call it, and what is wrong with it. Without a figure:
 * the one at its opening is soon out of date. Pure.
 */
export function titleOf({ badMeans, objective, name }: AlertFacts, serviceName: string): string {
  return `${serviceName}: ${badMeans ?? `${objective ?? name} is in danger`}`;
}

/** What an alert says about users; undefined when it has no figure. Its own summary is preferred. Pure. */
export function impactOf(alert: AlertFacts, serviceName: string, now: Instant): Impact | undefined {
  const { errorRatio, allowedRatio, objective, source, annotations } = alert;
  if (errorRatio === undefined) return undefined;
  const allowed = allowedRatio === undefined ? '' : ` (the objective allows ${percent(allowedRatio)})`;
  const bad = alert.badMeans ?? `events are bad${objective === undefined ? '' : ` against ${objective}`}`;
  const since = alert.onsetAt === undefined ? '' : ` since ${timeOfDay(alert.onsetAt)} UTC`;
  const summary = annotations?.summary ?? '';
  return {
    statement: (summary === ''
      ? `${serviceName}: ${percent(errorRatio)} of ${bad}${allowed}${since}.`
      : summary
    ).slice(0, 1000),
    figures: [
      {
        name: 'error ratio',
        value: percent(errorRatio),
        ...(allowedRatio === undefined ? {} : { objective: percent(allowedRatio) }),
        ...(source === undefined ? {} : { source: source.slice(0, 2000) }),
      },
    ],
    asOf: now,
  };
}

/** `12.4 %`, `0.12 %`; three digits that matter, and never 0 % for something that is not. */
export function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 0.001 ? '<0.001 %' : `${Number(value.toPrecision(3))} %`;
}
