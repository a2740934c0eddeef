import { rateOf, type Signals } from '../signals/signal.ts';
import { slug } from '../slo-draft.ts';
import { errorRatio, quantileOf } from './expressions.ts';
import type { Monitoring } from './golden-signals.ts';

interface Target {
  expr: string;
  legend: string;
}

interface Panel {
  title: string;
  unit: string;
  description: string;
  targets: Target[];
  /** A line that says what is too much. */
  limit?: number;
}

export interface Objectives {
  displayName: string;
  ratio: string;
  target: number;
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' };
const RATE = '$__rate_interval';
const UNITS = { s: 's', ms: 'ms', items: 'short', 'per second': 'ops' } as const;

/**
 * A Grafana dashboard of the golden signals as its JSON model
 * (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/, with the fields that
 * its schema kinds/dashboard/dashboard_kind.cue requires). Its queries read the raw series, so that it shows the past
 * before the recording rules.
 */
export function dashboardOf(
  service: string,
  signals: Signals,
  { alerts }: Monitoring,
  objectives: readonly Objectives[],
  bounds: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const name = slug(service);
  return {
    // A uid has at most 40 letters: what is cut off must not make two services one.
    uid: `nines-${name}`.length <= 40 ? `nines-${name}` : `nines-${name.slice(0, 25)}-${hash(name)}`,
    title: `${service}: golden signals`,
    description: `Traffic, errors, latency and saturation of ${service}. Alerts: ${alerts.map(one => one.name).join(', ') || 'none'}.`,
    tags: ['nines', service],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'utc',
    time: { from: 'now-6h', to: 'now' },
    timepicker: {},
    refresh: '30s',
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: 'prometheus',
          current: {},
          hide: 0,
          includeAll: false,
          multi: false,
          options: [],
          refresh: 1,
          regex: '',
          skipUrlSync: false,
        },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels: panelsOf(signals, objectives, bounds).map(panelModel),
  };
}

function panelsOf(
  { requests, latency, levels, uptime, saturation }: Signals,
  objectives: readonly Objectives[],
  bounds: ReadonlyMap<string, number>,
): Panel[] {
  return [
    ...requests.flatMap((signal, index): Panel[] => {
      const of = index === 0 ? '' : ` (${signal.noun})`;
      return [
        {
          title: `Traffic${of}`,
          unit: signal.family === 'work' ? 'ops' : 'reqps',
          description: `How many ${signal.noun} a second, those that fail beside all.`,
          targets: [
            { expr: rateOf(signal.all, RATE), legend: 'all' },
            { expr: `(${rateOf(signal.bad, RATE)}) or vector(0)`, legend: 'failed' },
          ],
        },
        {
          title: `Errors${of}`,
          unit: 'percentunit',
          description: `Share of ${signal.noun} that fail.`,
          targets: [{ expr: errorRatio(signal, RATE), legend: 'share of errors' }],
        },
      ];
    }),
    ...latency.map(
      (signal, index): Panel => ({
        title: `Latency${index === 0 ? '' : ` (${signal.noun})`}`,
        unit: signal.unitMs === 1 ? 'ms' : signal.unitMs === 1000 ? 's' : 'short',
        description: `How long ${signal.noun} take: half of them, 95 and 99 of a hundred.`,
        targets: [0.5, 0.95, 0.99].map(q => ({ expr: quantileOf(signal, q, RATE), legend: `p${q * 100}` })),
        ...limit(bounds.get(signal.metric)),
      }),
    ),
    ...levels.map(
      (signal): Panel => ({
        title: { freshness: 'Freshness', backlog: 'Backlog', quantile: 'Latency', throughput: 'Throughput' }[
          signal.kind
        ],
        unit: UNITS[signal.unit],
        description: `As ${signal.metric} says. ${signal.act}`,
        targets: [{ expr: signal.expr, legend: signal.metric }],
        ...limit(bounds.get(signal.metric)),
      }),
    ),
    ...(uptime?.gauge === undefined
      ? []
      : [
          {
            title: 'Reached',
            unit: 'percentunit',
            description: `Share of ${uptime.what}, that succeed.`,
            targets: [
              {
                expr:
                  uptime.attempts === undefined
                    ? `avg(${uptime.gauge})`
                    : `1 - sum(increase(${uptime.failures}[${RATE}])) / sum(increase(${uptime.attempts}[${RATE}]))`,
                legend: 'reached',
              },
            ],
          },
        ]),
    ...saturation.map(
      ({ what, share, value, metric }): Panel => ({
        title: `Saturation: ${what}`,
        unit:
          share !== undefined
            ? 'percentunit'
            : /bytes$/.test(metric)
              ? 'bytes'
              : /seconds$/.test(metric)
                ? 's'
                : 'short',
        description: share === undefined ? `As ${metric} says.` : 'What is in use of what there is.',
        targets: [{ expr: share ?? value!, legend: what }],
        ...limit(share === undefined ? undefined : 0.9),
      }),
    ),
    ...objectives.map(
      ({ displayName, ratio, target }): Panel => ({
        title: `Burn rate: ${displayName}`,
        unit: 'short',
        description: '1 uses up exactly the error budget.',
        targets: [{ expr: `(${ratio}) / ${Number((1 - target).toPrecision(12))}`, legend: 'burn over 1h' }],
        limit: 1,
      }),
    ),
  ];
}

function limit(value: number | undefined): { limit?: number } {
  return value === undefined ? {} : { limit: value };
}

function panelModel({ title, description, unit, targets, limit: line }: Panel, index: number) {
  return {
    id: index + 1,
    type: 'timeseries',
    title,
    description,
    datasource: SOURCE,
    gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        color: { mode: 'palette-classic' },
        custom: {
          drawStyle: 'line',
          fillOpacity: 8,
          lineWidth: 1,
          showPoints: 'never',
          spanNulls: false,
          thresholdsStyle: { mode: line === undefined ? 'off' : 'line' },
        },
        mappings: [],
        thresholds: {
          mode: 'absolute',
          steps: [
            { color: 'green', value: null },
            ...(line === undefined ? [] : [{ color: 'red', value: line }]),
          ],
        },
      },
      overrides: [],
    },
    options: {
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'none' },
    },
    targets: targets.map((target, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: SOURCE,
      editorMode: 'code',
      expr: target.expr,
      legendFormat: target.legend,
      range: true,
    })),
  };
}

/** Eight letters that tell names apart (FNV-1a). */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0)!, 0x01000193);
  return (value >>> 0).toString(36).padStart(8, '0').slice(0, 8);
}
