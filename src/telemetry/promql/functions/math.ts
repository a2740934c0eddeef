/** `round(v, nearest)`: half up, by the inverse so that 0.1 does not drift. */
export function roundTo(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Functions of one float. */
export const mathFunctions: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: value => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: value => (value * Math.PI) / 180,
  sgn: value => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

const date = (read: (date: Date) => number) => (seconds: number) => {
  const at = new Date(Math.trunc(seconds) * 1000);
  return Number.isNaN(at.getTime()) ? Number.NaN : read(at);
};

const dayMs = 86_400_000;

/** Functions of a time in seconds since the epoch, in UTC. */
export const dateFunctions: Readonly<Record<string, (seconds: number) => number>> = {
  day_of_month: date(at => at.getUTCDate()),
  day_of_week: date(at => at.getUTCDay()),
  day_of_year: date(at => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / dayMs) + 1),
  days_in_month: date(at => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()),
  hour: date(at => at.getUTCHours()),
  minute: date(at => at.getUTCMinutes()),
  month: date(at => at.getUTCMonth() + 1),
  year: date(at => at.getUTCFullYear()),
};
