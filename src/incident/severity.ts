import type { Severity } from '../notify/index.ts';

export type Tier = 1 | 2 | 3 | 4;

/**
 * The burn rate at which a 30-day budget loses 2 % in an hour: the first paging row of the table in the SRE Workbook,
 * chapter 5, "Alerting on SLOs" (https://sre.google/workbook/alerting-on-slos/). What pages below it burns steadily.
 */
const FAST_BURN = 14.4;

type Pace = 'fast' | 'steady' | 'slow';

/**
 * Severity by tier of the service and pace of the burn. SEV1 and SEV2 wake a person, so: what pages does so for tiers 1 to
 * 3, and nobody is woken for tier 4 or for a ticket. How loud follows from how soon users notice.
 */
const TABLE: Record<Tier, Record<Pace, Severity>> = {
  1: { fast: 'SEV1', steady: 'SEV2', slow: 'SEV3' },
  2: { fast: 'SEV2', steady: 'SEV2', slow: 'SEV3' },
  3: { fast: 'SEV2', steady: 'SEV2', slow: 'SEV4' },
  4: { fast: 'SEV3', steady: 'SEV3', slow: 'SEV4' },
};

/** What a person declares without saying how bad it is. */
const DECLARED: Record<Tier, Severity> = { 1: 'SEV2', 2: 'SEV3', 3: 'SEV3', 4: 'SEV4' };

/** A service that is not declared might be anything: it is treated as one that matters. */
const UNKNOWN_TIER: Tier = 2;

export interface Judged {
  severity: Severity;
  /** The reasons, as a clause. */
  why: string;
}

/** The severity of an alert. `burnRate` is how many times faster than sustainable the budget is spent. Pure. */
export function severityOf(alert: {
  tier?: Tier | undefined;
  severity: 'page' | 'ticket';
  burnRate?: number | undefined;
}): Judged {
  const { tier, burnRate } = alert;
  const burn =
    burnRate === undefined
      ? 'the burn rate is not known'
      : `the error budget burns ${Number(burnRate.toPrecision(2))}× too fast`;
  return {
    severity: TABLE[tier ?? UNKNOWN_TIER][paceOf(alert)],
    why: `${tierClause(tier)}, and ${burn}`,
  };
}

/** The severity of what a person declares. Pure. */
export function declaredSeverity(tier: Tier | undefined): Judged {
  return { severity: DECLARED[tier ?? UNKNOWN_TIER], why: `${tierClause(tier)}, and a person declared it` };
}

function paceOf({
  severity,
  burnRate,
}: {
  severity: 'page' | 'ticket';
  burnRate?: number | undefined;
}): Pace {
  if (severity === 'ticket') return 'slow';
  return burnRate !== undefined && burnRate >= FAST_BURN ? 'fast' : 'steady';
}

function tierClause(tier: Tier | undefined): string {
  return tier === undefined
    ? `the tier is not declared, taken as ${UNKNOWN_TIER}`
    : `the service is tier ${tier}`;
}
