/** Figures as they stand on a page: three digits that matter, a space before the unit. */

/** Below a whole by more than what arithmetic leaves of one. */
const WHOLE = 100 - 1e-7;

/** `12.4 %`, `0.12 %`; never 0 % for something that is not, nor 100 % for what is not all. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.001) return '<0.001 %';
  if (value >= 99.9995 && value < WHOLE) return '>99.999 %';
  return `${Math.abs(value) >= 99.5 && Math.abs(value) < 100 ? cut(value, 5) : cut(value, 3)} %`;
}

/** A target such as 0.999 with all its nines: `99.9 %`. */
export function target(share: number): string {
  return `${Number((share * 100).toFixed(6))} %`;
}

/** `0.4 ms`, `850 ms`, `3.9 s`, `12 min`, `3.5 h`. */
export function milliseconds(value: number): string {
  if (value < 1000) return `${value < 10 ? cut(value, 2) : Math.round(value)} ms`;
  if (value < 60_000) return `${cut(value / 1000, 2)} s`;
  if (value < 5_400_000) return `${cut(value / 60_000, 2)} min`;
  return value < 172_800_000 ? `${cut(value / 3_600_000, 3)} h` : `${cut(value / 86_400_000, 3)} d`;
}

/** `12.4/s`, `0.3/s`. */
export function perSecond(value: number): string {
  return `${value >= 100 ? Math.round(value) : cut(value, 2)}/s`;
}

/** How many times faster than sustainable: `14.4×`, `0.12×`; never 0 for what is not. */
export function times(value: number): string {
  if (value > 0 && value < 0.01) return '<0.01×';
  if (value < 1) return `${Number(value.toFixed(2))}×`;
  return `${value >= 100 ? Math.round(value) : cut(value, 3)}×`;
}

/** A whole or short number with separators: `1,200`. */
export function count(value: number): string {
  return (Number.isInteger(value) ? value : Number(value.toPrecision(3))).toLocaleString('en');
}

const SCALES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const;

/** A value whose unit is not known, as short as an axis needs it: `0.012`, `9,876`, `12.3k`, `4.5M`. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  const [unit, sign] = SCALES.find(([one]) => size >= one) ?? [1, ''];
  if (sign === '') return size >= 1000 ? count(Math.round(value)) : cut(value, 4);
  return `${cut(unit === 1e4 ? value / 1000 : value / unit, 3)}${sign}`;
}

/** A value in the unit that came with it. */
export function inUnit(value: number, unit: string | undefined): string {
  switch (unit) {
    case 'ratio':
    case 'share of good events':
      return percent(value);
    case 'ms':
      return milliseconds(value);
    case 'seconds':
    case 's':
      return milliseconds(value * 1000);
    case 'per_second':
      return perSecond(value);
    case 'bytes':
      return value < 1024 ** 3 ? `${Math.round(value / 1024 ** 2)} MiB` : `${cut(value / 1024 ** 3, 3)} GiB`;
    case 'cores':
      return `${cut(value, 2)} cores`;
    case 'count':
    case undefined:
      return count(value);
    default:
      return `${count(value)} ${unit.replaceAll('_', ' ')}`;
  }
}

function cut(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** `12 B`, `3.4 KiB`, `120 MiB`, `1.25 TiB`. */
export function bytes(value: number): string {
  const power = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
  return `${power === 0 ? Math.round(value) : cut(value / 1024 ** power, 3)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
}
