import { z } from 'zod';
import { DurationText } from '../../kernel/index.ts';
import { PromqlError, parse } from '../promql.ts';
import { type ChainedPlugin, configProblem, speaksMetricsQl } from './plugins.ts';

/** YAML gives numbers and booleans where a label is meant; Sloth takes them as text. */
const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Labels = z
  .record(
    z.string(),
    Text.refine(text => text !== '', 'a value is needed'),
  )
  .refine(
    labels => !('__name__' in labels),
    'the label __name__ is the name of the metric, and cannot be given',
  )
  .refine(labels => !('' in labels), 'a label needs a name')
  .nullish()
  .transform(labels => labels ?? {});

const Alert = z
  .object({
    disable: z.boolean().default(false),
    labels: Labels,
    annotations: Labels,
    for: DurationText.optional(),
  })
  .nullish();

const WINDOW = /\{\{\s*\.window\s*\}\}/g;
const Query = z.string().trim().min(1, 'a query is needed');

const Plugins = z
  .object({
    overridePrevious: z.boolean().optional(),
    chain: z
      .array(
        z.object({ id: z.string().min(1), config: z.unknown().optional(), priority: z.number().default(0) }),
      )
      .default([]),
  })
  .refine(
    plugins => plugins.overridePrevious !== true || plugins.chain.length > 0,
    'overridePrevious is set, and no plugin takes the place of those before',
  )
  .nullish();

const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    'a name begins and ends with a letter or digit, with -, _ and . between',
  );

const Sli = z
  .object({
    events: z.object({ error_query: Query, total_query: Query }).nullish(),
    raw: z.object({ error_ratio_query: Query }).nullish(),
    plugin: z.object({ id: z.string() }).nullish(),
  })
  .check(({ value, issues }) => {
    const complain = (message: string) => issues.push({ code: 'custom', input: value, path: [], message });
    const given = [value.events, value.raw, value.plugin].filter(one => one !== undefined && one !== null);
    if (given.length !== 1) complain('exactly one of events and raw must be given');
    else if (value.events && value.events.error_query === value.events.total_query)
      complain('error_query and total_query are the same');
    else if (value.plugin)
      complain(
        `the SLI plugin ${value.plugin.id} is a program in Go, which cannot run here; write events or raw`,
      );
    for (const query of [value.events?.error_query, value.events?.total_query, value.raw?.error_ratio_query])
      if (query !== undefined && !/\{\{\s*\.window\s*\}\}/.test(query))
        complain('a query must have {{.window}} where its range stands');
  });

const Slo = z
  .object({
    name: Name,
    description: z.string().nullish(),
    objective: z.number().gt(0).lte(100).describe('In percent'),
    labels: Labels,
    sli: Sli,
    alerting: z
      .object({
        name: z.string().nullish(),
        labels: Labels,
        annotations: Labels,
        page_alert: Alert,
        ticket_alert: Alert,
      })
      .nullish(),
    plugins: Plugins,
  })
  .check(({ value, issues }) => {
    const { alerting } = value;
    const wanted = !alerting?.page_alert?.disable || !alerting?.ticket_alert?.disable;
    if (wanted && !alerting?.name)
      issues.push({
        code: 'custom',
        input: value,
        path: ['alerting', 'name'],
        message: 'alerting.name is required unless both alerts are disabled',
      });
  });

/**
 * Sloth's `prometheus/v1`: https://sloth.dev/specs/default/. Unknown fields are passed over as Sloth does, and told as
 * notes by the reader.
 */
export const PrometheusV1 = z
  .object({
    version: z.literal('prometheus/v1'),
    service: Name,
    labels: Labels,
    slo_plugins: Plugins,
    slos: z.array(Slo).min(1, 'at least one SLO is needed'),
  })
  .check(({ value, issues }) => {
    const seen = new Set<string>();
    value.slos.forEach((slo, index) => {
      if (seen.has(slo.name))
        issues.push({
          code: 'custom',
          input: value,
          path: ['slos', index, 'name'],
          message: `two SLOs have the name ${slo.name}`,
        });
      seen.add(slo.name);
      const { chain } = chainOf(value, slo);
      for (const plugin of chain) {
        const message = configProblem(plugin);
        if (message !== undefined)
          issues.push({ code: 'custom', input: value, path: ['slos', index], message });
      }
      if (speaksMetricsQl(chain)) return;
      const { events, raw } = slo.sli;
      for (const [at, query] of [
        [['events', 'error_query'], events?.error_query],
        [['events', 'total_query'], events?.total_query],
        [['raw', 'error_ratio_query'], raw?.error_ratio_query],
      ] as const) {
        const problem = query === undefined ? undefined : promqlProblem(query);
        if (problem !== undefined)
          issues.push({
            code: 'custom',
            input: value,
            path: ['slos', index, 'sli', ...at],
            message: problem,
          });
      }
    });
  });
export type PrometheusV1 = z.infer<typeof PrometheusV1>;

/** The plugins of an SLO: those of the document and its own, which take their place where it says so. */
export function chainOf(
  document: Pick<PrometheusV1, 'slo_plugins'>,
  slo: Pick<PrometheusV1['slos'][number], 'plugins'>,
): { chain: ChainedPlugin[]; overridden: boolean } {
  const alone = slo.plugins?.overridePrevious === true;
  return {
    chain: [...(alone ? [] : (document.slo_plugins?.chain ?? [])), ...(slo.plugins?.chain ?? [])],
    overridden: alone || document.slo_plugins?.overridePrevious === true,
  };
}

function promqlProblem(query: string): string | undefined {
  try {
    parse(query.replaceAll(WINDOW, '1m'));
    return undefined;
  } catch (error) {
    if (error instanceof PromqlError) return `the query is not PromQL: ${error.message}`;
    throw error;
  }
}
