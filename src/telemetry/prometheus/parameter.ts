import { durationMs } from '../promql/index.ts';
import { ApiError } from './answer.ts';

/** The earliest and latest times of a query without bounds, in epoch ms: years 1 and 9999. */
export const earliestMs = -62_135_596_800_000;
export const latestMs = 253_402_300_799_000;

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** Prometheus's own bounds of times without bounds, that its clients send back. */
const unbounded: Readonly<Record<string, number>> = {
  '-292273086-05-16T16:47:06Z': earliestMs,
  '292277025-08-18T07:12:54.999999999Z': latestMs,
};

/** A time, as seconds since the epoch or in RFC 3339, in epoch ms. */
export function timeParameter(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const ms = decimal.test(text)
    ? Math.round(Number(text) * 1000)
    : rfc3339.test(text)
      ? Date.parse(text)
      : (unbounded[text] ?? Number.NaN);
  if (Number.isFinite(ms)) return Math.min(latestMs, Math.max(earliestMs, ms));
  throw bad(name, `cannot parse "${shown(text)}" to a valid timestamp`);
}

/** A duration, as seconds or as `5m`, in ms. */
export function durationParameter(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const ms = decimal.test(text) ? Math.round(Number(text) * 1000) : durationMs(text);
  if (ms !== undefined && Number.isSafeInteger(ms)) return ms;
  throw bad(name, `cannot parse "${shown(text)}" to a valid duration`);
}

/** A count that is not negative; 0 is no bound. */
export function countParameter(params: URLSearchParams, name: string): number {
  const text = params.get(name);
  if (text === null || text === '') return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw bad(name, /^-\d+$/.test(text) ? 'limit must be non-negative' : `cannot parse "${shown(text)}"`);
}

export function bad(name: string, problem: string): ApiError {
  return new ApiError('bad_data', `invalid parameter "${name}": ${problem}`);
}

function shown(text: string): string {
  return text.slice(0, 200);
}

/** A label name as paths carry it: names beyond [a-zA-Z0-9_] are sent escaped, as `U__service_2e_name`. */
export function labelNameOf(text: string): string {
  if (!text.startsWith('U__')) return text;
  return text
    .slice(3)
    .replace(/__|_([0-9a-fA-F]{1,6})_/g, (whole, hex: string | undefined) =>
      hex === undefined ? '_' : codePoint(hex, whole),
    );
}

function codePoint(hex: string, whole: string): string {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
}
