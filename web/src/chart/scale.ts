import type { Moment } from './series.ts';

/** Round numbers at both ends, so that the scale does not move with every point, and where it is marked. */
export interface Scale {
  bottom: number;
  top: number;
  ticks: number[];
}

/** From zero; `marks` more than one gives round steps between. */
export function zeroScale(lowest: number, highest: number, marks: number): Scale {
  if (lowest >= 0 && marks <= 1) {
    const top = niceTop(highest);
    return { bottom: 0, top, ticks: [0, top] };
  }
  return steppedScale(Math.min(0, lowest), Math.max(0, highest), Math.max(marks, 2));
}

/** From zero as well, unless what is shown moves within a small part of its height. */
export function freeScale(lowest: number, highest: number, marks: number): Scale {
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const spread = highest - lowest;
  // Below what can be told apart of figures of this size there is no scale.
  return spread < 0.2 * size && spread > 1e-9 * size
    ? steppedScale(lowest, highest, Math.max(marks, 2))
    : zeroScale(lowest, highest, marks);
}

/** Nobody measures less; powers of ten end soon after. */
const TINY = 1e-300;

function steppedScale(lowest: number, highest: number, marks: number): Scale {
  if (!(highest - lowest > TINY)) return { bottom: 0, top: 1, ticks: [0, 1] };
  const raw = (highest - lowest) / marks;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find(one => one * power >= raw * 0.999) ?? 10);
  const first = Math.floor(lowest / step + 1e-9);
  const last = Math.ceil(highest / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  return { bottom: ticks[0]!, top: ticks.at(-1)!, ticks };
}

function niceTop(highest: number): number {
  if (!(highest > TINY)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8].find(one => one * power >= highest * 0.999) ?? 10);
}

/** A sign's width as a share of the chart: nearer ones are moved apart. */
const SIGN_SHARE = 0.06;

/** The moments within the chart, the signs of neighbours moved so that both can be read. */
export function apart(moments: readonly Moment[], from: number, to: number): (Moment & { dx: number })[] {
  const near = (to - from) * SIGN_SHARE;
  const seen = moments.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
  return seen.map((moment, index) => {
    const gap = (other: Moment | undefined) =>
      other === undefined ? Number.POSITIVE_INFINITY : Math.abs(Date.parse(other.at) - Date.parse(moment.at));
    const left = gap(seen[index + 1]) < near ? -7 : 0;
    const right = gap(seen[index - 1]) < near ? 7 : 0;
    return { ...moment, dx: left + right };
  });
}

const STEPS_MS = [
  1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000,
].map(s => s * 1000);

export function timeTicks(from: number, to: number): number[] {
  const step = STEPS_MS.find(one => (to - from) / one <= 5) ?? Math.ceil((to - from) / 5);
  const ticks: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
  return ticks;
}

const DAY_MS = 86_400_000;

/** As short as the length of the chart allows: `03:15:20`, `03:15`, `01-27`. */
export function timeTick(at: number, length: number): string {
  const text = new Date(at).toISOString();
  return length > 2 * DAY_MS ? text.slice(5, 10) : text.slice(11, length < 240_000 ? 19 : 16);
}

export function stamp(at: number, length: number): string {
  // The chart asks for a label before it points at anything.
  if (!Number.isFinite(at)) return '';
  const text = new Date(at).toISOString();
  return length > DAY_MS ? `${text.slice(0, 10)} ${text.slice(11, 16)}` : text.slice(11, 19);
}
