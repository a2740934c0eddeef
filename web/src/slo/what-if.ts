/** What is asked of a replay, as it is written and as it stands in the address. */
export interface Change {
  slo: string;
  /** In per cent; empty: as declared. */
  target: string;
  /** As `7d`; empty: as declared. */
  window: string;
  /** How far back. */
  over: string;
}

export function asked(params: URLSearchParams): Change {
  return {
    slo: params.get('slo') ?? '',
    target: params.get('target') ?? '',
    window: params.get('window') ?? '',
    over: params.get('over') ?? '30d',
  };
}

/** `99.5` and `99,5 %` as 0.995; undefined where it is no share between nothing and all. */
export function wantedTarget(text: string): number | undefined {
  const percent = Number(text.replace(/%\s*$/, '').trim().replace(',', '.') || Number.NaN);
  return percent > 0 && percent < 100 ? Number((percent / 100).toPrecision(12)) : undefined;
}

/** A window as the server takes it. */
export function wantedWindow(text: string): string | undefined {
  const window = text.replaceAll(/\s/g, '');
  return /^[1-9]\d{0,3}[hdwMQY]$/.test(window) ? window : undefined;
}

/** A share as it is written into the field: 0.995 as `99.5`. */
export function targetOf(share: number): string {
  return String(Number((share * 100).toPrecision(12)));
}
