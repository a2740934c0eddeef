import { stringify } from 'yaml';
import { generate, rulesText } from '../../src/slo/prometheus/generate.ts';
import { readSpecs } from '../../src/slo/sloth/read.ts';

/** An indicator by events. */
export const EVENTS = {
  error_query: 'sum(rate(http_requests_total{job="shop",code=~"5.."}[{{.window}}]))',
  total_query: 'sum(rate(http_requests_total{job="shop"}[{{.window}}]))',
};

/** An indicator that is a ratio already. */
export const RAW = { error_ratio_query: 'avg_over_time(bad:ratio[{{ .window }}])' };

/** What is put into the specification. */
export interface SlothSpecOptions {
  slo?: Record<string, unknown>;
  document?: Record<string, unknown>;
  chain?: Record<string, unknown>[];
}

/** A specification in Sloth's own form, with one SLO. */
export function slothSpec({ slo = {}, document = {}, chain }: SlothSpecOptions): string {
  return stringify({
    version: 'prometheus/v1',
    service: 'shop',
    labels: { team: 'shop' },
    ...(chain === undefined ? {} : { slo_plugins: { chain } }),
    slos: [
      {
        name: 'requests',
        objective: 99.9,
        labels: { tier: '1' },
        sli: { events: EVENTS },
        alerting: { name: 'ShopBurns', page_alert: {}, ticket_alert: {} },
        ...slo,
      },
    ],
    ...document,
  });
}

/** What Nines makes of it, with other files beside it. */
export function made(options: SlothSpecOptions, more: { path: string; text: string }[] = []) {
  const { documents } = readSpecs([...more, { path: 'shop.yaml', text: slothSpec(options) }]);
  const { groups, notes } = generate(documents.flatMap(one => one.specs));
  const group = (part: string) => groups.find(one => one.name.includes(part));
  return { groups, group, notes, text: rulesText(groups) };
}

/** A plugin that Sloth brings. */
export const plugin = (name: string, config?: unknown, priority?: number) => ({
  id: `sloth.dev/contrib/${name}/v1`,
  ...(config === undefined ? {} : { config }),
  ...(priority === undefined ? {} : { priority }),
});
