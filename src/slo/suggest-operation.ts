import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { humanDuration, operationsOf } from '../kernel/index.ts';
import { slug } from './slo-draft.ts';
import type { Slos } from './slos.ts';
import { SloSuggestion, suggestionYaml } from './suggestion.ts';
import { sharePercent, times } from './text.ts';

const operation = operationsOf<{ slos: Slos; services: KnownServices }>();

const Missing = z.object({ what: z.string(), how: z.string() });
const Suggested = z.object({
  service: z.string(),
  metrics: z.array(z.string()).describe('What the service exports, as far as the metrics know'),
  declared: z.array(z.string()).describe('SLOs that it has already'),
  suggestions: z.array(SloSuggestion),
  missing: z.array(Missing),
  yaml: z.string(),
});
type Suggested = z.infer<typeof Suggested>;

export const suggestOperation = operation({
  name: 'slo.suggest',
  summary: 'Propose SLIs and SLOs for a service from what it exports, with up to 30 days of evidence.',
  description:
    'Prints openslo/v1 YAML with the evidence as comments: read it, change the targets to what users need, put it in your repository and apply it.',
  effect: 'read',
  route: 'GET /services/:service/slo-suggestion',
  args: ['service'],
  input: z.object({
    service: z
      .string()
      .min(1)
      .max(255)
      .describe('The service, as it is declared or as its telemetry names it'),
  }),
  output: Suggested,
  run: async ({ service }, { slos, services, now }) => {
    const found = await slos.suggest(service, now());
    if (found.metrics.length === 0) await services.expectRecent(service, now());
    return { service, ...found, yaml: suggestionYaml(found.suggestions.map(one => one.resource)) };
  },
  render: suggestionText,
  examples: ['nines slo suggest payments > payments-slos.yaml'],
});

function suggestionText({ service, metrics, declared, suggestions, missing }: Suggested): string {
  const head = [
    `SLOs for ${service}, proposed from what it exports (${metrics.length} ${metrics.length === 1 ? 'metric' : 'metrics'}).`,
    ...(slug(service) === service
      ? []
      : [
          `Declare it as ${slug(service)} with telemetryName: ${service}: a service's name has no other letters.`,
        ]),
    ...(declared.length === 0 ? [] : [`It has already: ${declared.join(', ')}.`]),
    ...(suggestions.length > 0
      ? []
      : metrics.length === 0
        ? ['No metric carries its name, so that nothing can be proposed yet.']
        : ['Nothing that it exports can be made an SLO of.']),
    ...(missing.length === 0 ? [] : ['Missing:', ...missing.map(one => `- ${one.what}: ${one.how}`)]),
    ...(suggestions.length === 0
      ? [`Begin with nines slo template availability ${slug(service)}, once it counts requests.`]
      : [`Check, then apply: nines check FILE, nines apply FILE.`]),
  ];
  const parts = suggestions.map(one =>
    [...comment(evidence(one)), suggestionYaml([one.resource]).trimEnd()].join('\n'),
  );
  return [comment(head).join('\n'), ...parts].join('\n---\n');
}

const FULL_DAYS = 29.5;

function evidence({ says, reason, days, since, events, noun, notes, replay }: SloSuggestion): string[] {
  const pages = replay.alerts.filter(one => one.severity === 'page');
  const tickets = replay.alerts.length - pages.length;
  return [
    `${says}.`,
    `Why: ${reason}`,
    `Budget: ${minutes(replay.budgetMinutes)} of full outage in ${replay.window}.`,
    ...(days > 0
      ? [
          `Evidence: ${humanDuration(days * 86_400_000)} of data${since === null ? '' : `, since ${stamp(since)} UTC`}, ${Math.round(events).toLocaleString('en')} ${noun}${replay.worst === null ? '' : `; at most ${sharePercent(replay.worst)} of the budget was used`}.`,
          ...(days < FULL_DAYS
            ? [
                `Only ${humanDuration(days * 86_400_000)} of the 30 days are there: ask again when there is more.`,
              ]
            : []),
          `It would have paged ${pages.length} ${pages.length === 1 ? 'time' : 'times'} and made ${tickets} ${tickets === 1 ? 'ticket' : 'tickets'}${pages.length === 0 ? '.' : ':'}`,
          ...pages
            .slice(0, MOST_PAGES)
            .map(
              page =>
                `- page at ${stamp(page.from)} UTC, for ${humanDuration(Date.parse(page.to) - Date.parse(page.from))}, a burn of up to ${times(page.burnRate)}`,
            ),
          ...(pages.length > MOST_PAGES ? [`- and ${pages.length - MOST_PAGES} more`] : []),
        ]
      : ['Evidence: none, there is no data. What would have paged is not known.']),
    ...notes.map(note => `Check: ${note}`),
  ];
}

const MOST_PAGES = 5;

/** `43.2 min (43 min 12 s)`: minutes are what budgets are talked of in. */
function minutes(budget: number): string {
  const text = `${Number(budget.toFixed(1))} min`;
  const long = humanDuration(budget * 60_000);
  return text === long ? text : `${text} (${long})`;
}

function stamp(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}

/** YAML comments of at most 80 columns. */
function comment(lines: readonly string[]): string[] {
  return lines.flatMap(line => {
    const folded: string[] = [];
    for (const word of line.split(' ')) {
      const last = folded.at(-1);
      if (last !== undefined && last.length + word.length < 80) folded[folded.length - 1] = `${last} ${word}`;
      else folded.push(folded.length === 0 ? `# ${word}` : `#   ${word}`);
    }
    return folded;
  });
}
