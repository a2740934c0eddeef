// What an error budget went on, and who let something through although it was gone.
import { instant } from '../../src/kernel/index.ts';
import type { Answers } from './console-scene.ts';

type Status = Extract<Answers['slo.show'], { status: object }>['status'];

/** The ledger of an objective and the overrides of its service; nothing was overridden. */
export function budgetAnswers(status: Status): Answers {
  const at = Date.parse(status.at);
  const before = (ms: number) => instant(at - ms);
  const hour = 3_600_000;
  return {
    'slo.ledger': {
      status: { ...status, budgetConsumed: 0.42, budgetRemaining: 0.58 },
      days: Array.from({ length: 12 }, (_, i) => {
        const consumed = i === 4 ? null : i === 11 ? 0.42 : 0.01 * (i % 3);
        return {
          date: before((11 - i) * 24 * hour).slice(0, 10),
          consumed,
          left: consumed === null ? null : 0.9 - 0.05 * i,
        };
      }),
      causes: [
        {
          kind: 'deploy',
          id: 'chg_1',
          title: 'payments v1.2.3',
          service: 'payments',
          from: before(1.5 * hour),
          to: before(hour),
          burned: 0.31,
          charged: 0.31,
          minutes: 13.4,
        },
        {
          kind: 'incident',
          id: 'INC-1',
          title: 'Gateway: 6.97 % of requests fail',
          service: 'gateway',
          from: before(1.4 * hour),
          to: before(0.8 * hour),
          burned: 0.36,
          charged: 0.05,
          minutes: 2.2,
          causedBy: 'payments v1.2.3',
        },
      ],
      unexplained: 0.06,
      corrections: [
        {
          correction: 'shop-database-upgrade',
          category: 'maintenance',
          reason: 'The database was moved to a larger machine.',
          from: before(50 * hour),
          to: before(49 * hour),
          saved: 0.12,
        },
      ],
      forecast: {
        state: 'will_exhaust',
        horizon: instant(at + 30 * 24 * hour),
        early: instant(at + 20 * hour),
        likely: instant(at + 52 * hour),
        late: instant(at + 130 * hour),
        share: 0.93,
        basis: '12 days of data',
      },
      notes: [],
      overrides: [],
    },
    'slo.overrides': { at: status.at, overrides: [] },
  };
}

/** The budget is gone: releases are stopped, and an override waits for its second person. */
export function spentAnswers(status: Status): Answers {
  const at = Date.parse(status.at);
  const override = {
    id: 'ovr_7f3k2m9q4x8c1v6b',
    service: status.service,
    purposes: ['release' as const],
    by: 'payments-oncall',
    reason: 'The fix for INC-7 cannot wait.',
    at: instant(at - 600_000),
    until: instant(at + 6_600_000),
    level: 'freeze',
  };
  return {
    'slo.gate': input => {
      const allowed = input.for === 'fix_release' || input.for === 'automation';
      return {
        allowed,
        level: 'freeze',
        service: status.service,
        reason: `0 % of the budget of ${status.objective} is left (30d): level freeze of the policy built-in, which ${allowed ? 'allows' : 'does not allow'} ${String(input.for).replaceAll('_', ' ')}.`,
        ...(allowed ? {} : { needsSecond: true }),
      };
    },
    'slo.overrides': {
      at: status.at,
      overrides: [{ ...override, state: 'waits_for_second' as const }],
    },
    'slo.override': { override, waitsForSecond: true },
    'slo.confirm': { ...override, confirmedBy: 'console', confirmedAt: status.at },
    'slo.end-override': { ...override, endedBy: 'console', endedAt: status.at },
  };
}
