import { z } from 'zod';
import { DurationText } from '../../kernel/index.ts';
import { type ChainedPlugin, pluginProblem, speaksMetricsQl } from './plugins.ts';
import { queryProblem, WINDOW } from './query.ts';

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

// As it stands: the end of a line closes a comment, and brackets come after it.
const Query = z.string().refine(text => text.trim() !== '', 'a query is needed');

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
    if (given.length !== 1) complain('exactly one of sli.events and sli.raw must be given');
    else if (value.events && value.events.error_query === value.events.total_query)
      complain('error_query and total_query are the same');
    else if (value.plugin)
      complain(
        `the SLI plugin ${value.plugin.id} is a program in Go, which cannot run here: write the error ratio that it makes (Sloth's rule slo:sli_error:ratio_rate5m shows it, with {{.window}} for 5m) as sli.raw.error_ratio_query`,
      );
  });

const OUT_OF_RANGE = 'an objective is a percentage above 0 and up to 100, as 99.9';

const Slo = z
  .object({
    name: Name,
    description: z.string().nullish(),
    objective: z
      .number('an objective is a percentage, as 99.9, without quotes')
      .gt(0, OUT_OF_RANGE)
      .lte(100, OUT_OF_RANGE)
      .describe('In percent'),
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
        const message = pluginProblem(plugin, { events: Boolean(slo.sli.events) });
        const own = slo.plugins?.chain.indexOf(plugin) ?? -1;
        const path =
          own >= 0
            ? ['slos', index, 'plugins', 'chain', own]
            : ['slo_plugins', 'chain', value.slo_plugins!.chain.indexOf(plugin)];
        // A plugin of the document stands once, however many SLOs it is wrong for.
        if (message !== undefined && !issues.some(one => one.path?.join() === path.join()))
          issues.push({ code: 'custom', input: value, path, message });
      }
      const { events, raw } = slo.sli;
      for (const [at, query] of [
        [['events', 'error_query'], events?.error_query],
        [['events', 'total_query'], events?.total_query],
        [['raw', 'error_ratio_query'], raw?.error_ratio_query],
      ] as const) {
        // MetricsQL has more than PromQL, and windows of its own.
        const checked = query !== undefined && !(speaksMetricsQl(chain) && query.search(WINDOW) >= 0);
        const problem = checked ? queryProblem(query) : undefined;
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
