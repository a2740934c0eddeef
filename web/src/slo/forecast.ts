import type { OutputOf } from '../api.ts';
import type { Point, Series } from '../chart/series.ts';
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

/** Instants at which the lines have a value: all the same ones, so that none is taken for a gap in another. */
const MARKS = 24;

/** The ways from what is left now to nothing: early, likely and late; none where it lasts or is gone already. */
export function forecastLines(forecast: Forecast, now: Point & { v: number }): Series[] {
  if (forecast.state !== 'will_exhaust' && forecast.state !== 'may_exhaust') return [];
  const ends = [
    { key: 'early', label: 'gone early', color: 'red.6', at: forecast.early },
    { key: 'likely', label: 'gone likely', color: 'orange.6', at: forecast.likely },
    { key: 'late', label: 'gone late', color: 'yellow.6', at: forecast.late },
  ].flatMap(({ at, ...line }) => {
    const end = at === undefined ? 0 : Date.parse(at);
    return end > now.t ? [{ ...line, end }] : [];
  });
  const last = Math.max(now.t, ...ends.map(({ end }) => end));
  const marks = Array.from({ length: MARKS + 1 }, (_, i) => now.t + ((last - now.t) * i) / MARKS);
  const instants = [...new Set([...marks, ...ends.map(({ end }) => end)].map(Math.round))].toSorted(
    (a, b) => a - b,
  );
  return ends.map(({ end, ...line }) => ({
    ...line,
    shape: 'line',
    dashed: true,
    points: instants
      .filter(t => t <= Math.round(end))
      .map(t => ({ t, v: now.v * Math.max(0, 1 - (t - now.t) / (end - now.t)) })),
  }));
}

function range(early: string | undefined, late: string | undefined): string {
  if (early === undefined) return '';
  return late === undefined ? `, not before ${stamp(early)}` : `, between ${stamp(early)} and ${stamp(late)}`;
}

function stamp(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
