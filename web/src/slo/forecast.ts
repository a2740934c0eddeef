import type { OutputOf } from '../api.ts';
import { percent } from '../figure.ts';

export type Forecast = OutputOf<'slo.ledger'>['forecast'];

/** When the budget will be gone, as far as the past tells: in a sentence, with its range. */
export function forecastWords({ state, early, likely, late, horizon, share }: Forecast): string {
  switch (state) {
    case 'exhausted':
      return 'The budget is spent.';
    case 'will_last':
      return `It lasts until ${stamp(horizon)}, as far as the past tells.`;
    case 'may_exhaust':
      return `It may be gone by ${stamp(early ?? horizon)}: in ${percent(share)} of the futures until ${stamp(horizon)}.`;
    case 'will_exhaust':
      return `It will be gone about ${stamp(likely ?? early ?? horizon)}${range(early, late)}.`;
    case 'no_data':
      return 'Nothing can be forecast: there is too little data.';
  }
}

function range(early: string | undefined, late: string | undefined): string {
  if (early === undefined) return '';
  return late === undefined ? `, not before ${stamp(early)}` : `, between ${stamp(early)} and ${stamp(late)}`;
}

function stamp(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
