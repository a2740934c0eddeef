import type { Signals } from '../signal.ts';
import type { Monitoring } from './golden-signals.ts';

interface Target {
  expr: string;
  legend: string;
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/**
 * A Grafana dashboard of the golden signals as its JSON model
 * (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/). Its queries read
 * the raw series, so that it shows the past before the recording rules.
 */
export function dashboardOf(
  service: string,
  signals: Signals,
  { alerts }: Monitoring,
  objectives: readonly { displayName: string; ratio: string; target: number }[],
): Record<string, unknown> {
  const rate = '$__rate_interval';
  const panels: { title: string; unit: string; targets: Target[]; description: string }[] = [];
  const { requests, latency, saturation } = signals;
  if (requests !== undefined) {
    const { metric, matchers, bad } = requests;
    const all = `sum(rate(${metric}{${matchers}}[${rate}]))`;
    const failed = `sum(rate(${metric}{${[matchers, bad].filter(one => one !== '').join(',')}}[${rate}]))`;
    panels.push(
      {
        title: 'Traffic',
        unit: 'reqps',
        description: 'Requests a second, those that fail beside all.',
        targets: [
          { expr: all, legend: 'all' },
          { expr: `${failed} or vector(0)`, legend: 'failed' },
        ],
      },
      {
        title: 'Errors',
        unit: 'percentunit',
        description: 'Share of requests that fail.',
        targets: [{ expr: `(${failed} or vector(0)) / ${all}`, legend: 'share of errors' }],
      },
    );
  }
  if (latency !== undefined) {
    const { metric, matchers, unitMs } = latency;
    panels.push({
      title: 'Latency',
      unit: unitMs === 1 ? 'ms' : 's',
      description: 'How long requests take: half of them, 95 and 99 of a hundred.',
      targets: [0.5, 0.95, 0.99].map(q => ({
        expr: `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket{${matchers}}[${rate}])))`,
        legend: `p${q * 100}`,
      })),
    });
  }
  for (const { metric, matchers, what, limit } of saturation)
    panels.push({
      title: `Saturation: ${what}`,
      unit: limit === undefined ? 'short' : 'percentunit',
      description: limit === undefined ? `As ${metric} says.` : 'What is in use of what there is.',
      targets: [
        {
          expr:
            limit === undefined
              ? `max(${metric}{${matchers}})`
              : `sum(${metric}{${matchers}}) / sum(${limit}{${matchers.split(',')[0]}})`,
          legend: what,
        },
      ],
    });
  for (const { displayName, ratio, target } of objectives)
    panels.push({
      title: `Burn rate: ${displayName}`,
      unit: 'short',
      description: '1 uses up exactly the error budget.',
      targets: [{ expr: `(${ratio}) / ${Number((1 - target).toPrecision(12))}`, legend: 'burn over 1h' }],
    });
  return {
    uid: `nines-${service}`.slice(0, 40),
    title: `${service}: golden signals`,
    description: `Traffic, errors, latency and saturation of ${service}. Alerts: ${alerts.map(one => one.name).join(', ') || 'none'}.`,
    tags: ['nines', service],
    schemaVersion: 39,
    version: 1,
    editable: true,
    timezone: 'utc',
    time: { from: 'now-6h', to: 'now' },
    refresh: '30s',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {} },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels: panels.map((panel, index) => ({
      id: index + 1,
      type: 'timeseries',
      title: panel.title,
      description: panel.description,
      datasource: SOURCE,
      gridPos: { x: (index % 2) * 12, y: Math.floor(index / 2) * 8, w: 12, h: 8 },
      fieldConfig: {
        defaults: { unit: panel.unit, min: 0, custom: { fillOpacity: 8, showPoints: 'never' } },
        overrides: [],
      },
      options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
      targets: panel.targets.map((target, at) => ({
        refId: String.fromCharCode(65 + at),
        datasource: SOURCE,
        expr: target.expr,
        legendFormat: target.legend,
      })),
    })),
  };
}
