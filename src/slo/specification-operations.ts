import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { parseFile } from '../catalog/index.ts';
import { duration, Fault, oneLine, operationsOf } from '../kernel/index.ts';
import { sloKinds } from './kinds.ts';
import { inlined, type OpenSloObject } from './openslo/inline.ts';
import { generate, rulesText } from './prometheus/generate.ts';
import { RuleGroup } from './prometheus/rules.ts';
import { SloPeriod } from './sloth/alert-windows.ts';
import { readSpecs } from './sloth/read.ts';

// These work on files alone: they need no room.
const operation = operationsOf<object>();

const Files = z
  .array(z.object({ path: z.string().max(4096), text: z.string().max(1_048_576) }))
  .min(1)
  .max(2000, 'at most 2,000 files at a time: name folders or files one after the other')
  .describe('The specifications; on the command line files, folders or - for standard input');

const rules = operation({
  name: 'slo.rules',
  summary: 'Make Prometheus recording, metadata and alert rules of SLO specifications.',
  description:
    "Takes Sloth's prometheus/v1, its Kubernetes resource, and OpenSLO v1 and v1alpha, several documents a file. For Sloth's specs the rules mean the same as Sloth's own; of a Kubernetes resource comes a PrometheusRule for the operator, of the others one rule file. A document of kind AlertWindows among them sets the windows for its period. What a person should know of the rules stands above them as comments.",
  effect: 'read',
  standalone: true,
  route: 'POST /slos/rules',
  args: ['files'],
  files: 'files',
  input: z.object({
    files: Files,
    period: SloPeriod.optional().describe('The SLO period of specs that name none, as 28d; 30d if absent'),
    label: z
      .array(
        z
          .string()
          .regex(/^(?!__name__=)[a-zA-Z_]\w*=.+$/s, 'a label is written as name=value, as cluster=eu'),
      )
      .max(50)
      .default([])
      .describe('A label for every recorded series, as cluster=eu'),
    recordings: z
      .boolean()
      .default(true)
      .describe('With recording and metadata rules; --no-recordings is without'),
    alerts: z.boolean().default(true).describe('With alert rules; --no-alerts is without'),
  }),
  output: z.object({ text: z.string(), groups: z.array(RuleGroup), notes: z.array(z.string()) }),
  run: async ({ files, period, label, recordings, alerts }) => {
    const { documents, notes } = readSpecs(files, period === undefined ? {} : { period: duration(period) });
    const options = {
      recordings,
      alerts,
      extraLabels: Object.fromEntries(
        label.map(one => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
      ),
    };
    const plain = generate(
      documents.filter(one => one.resource === undefined).flatMap(one => one.specs),
      options,
    );
    const wrapped = documents.flatMap(({ specs, resource }) =>
      resource === undefined ? [] : [{ resource, ...generate(specs, options) }],
    );
    const groups = [...plain.groups, ...wrapped.flatMap(one => one.groups)];
    if (groups.length === 0)
      throw new Fault('invalid', 'Nothing is left to make rules of.', {
        hint: 'Recording rules and alerts are both left out: by flags, or alerts are disabled in the SLOs.',
      });
    return {
      text: [
        ...(plain.groups.length === 0 ? [] : [rulesText(plain.groups)]),
        ...wrapped.filter(one => one.groups.length > 0).map(one => rulesText(one.groups, one.resource)),
      ].join('---\n'),
      groups,
      notes: [
        ...notes,
        ...plain.notes,
        ...wrapped.flatMap(one => one.notes),
        ...(plain.groups.length > 0 && groups.length > plain.groups.length
          ? [
              'A rule file and PrometheusRules follow each other here: Prometheus reads the first alone, kubectl the others. Make them of one kind of specification at a time.',
            ]
          : []),
      ],
    };
  },
  render: ({ text, notes }) => [...notes.map(note => `# ${oneLine(note)}`), text.trimEnd()].join('\n'),
  examples: [
    'nines slo rules slos.yaml > rules.yaml',
    'nines slo rules slos/ --period 28d --label cluster=eu',
    'nines slo rules service-level.yaml | kubectl apply -f -',
  ],
});

const inline = operation({
  name: 'slo.inline',
  summary: 'Make OpenSLO objects self-contained: each reference gives way to what it names.',
  effect: 'read',
  standalone: true,
  route: 'POST /slos/inline',
  args: ['files'],
  files: 'files',
  input: z.object({
    files: Files,
    keep: z.boolean().default(false).describe('Keep what was referred to beside it'),
  }),
  output: z.object({ objects: z.array(z.record(z.string(), z.unknown())) }),
  run: async ({ files, keep }) => {
    const read = files.map(file => parseFile(file, sloKinds));
    const problems = read.flatMap(one => one.problems);
    if (problems.length > 0)
      throw new Fault(
        'invalid',
        `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the files.`,
        {
          problems: problems.slice(0, 100),
        },
      );
    const objects = files
      .flatMap(({ text }) => [...parseAllDocuments(text, { merge: true })])
      .flatMap(one => ('toJS' in one ? (one.toJS() as OpenSloObject | OpenSloObject[] | null) : null) ?? []);
    if (objects.length === 0)
      throw new Fault('invalid', 'There is no OpenSLO object in the files.', {
        hint: 'One begins with apiVersion: openslo/v1 and its kind.',
      });
    // Without problems each object was read as one resource, in the same order.
    const places = read.flatMap(({ parsed }) => parsed.map(one => one.placeOf));
    const placeOf = (object: number, field: string) => places[object]?.(field);
    return { objects: inlined(objects, { keep, placeOf }).map(one => ({ ...one })) };
  },
  render: ({ objects }) => stringify(objects, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd(),
  examples: ['nines slo inline slos.yaml', 'nines slo inline slos/ --keep'],
});

export const specificationOperations = [rules, inline];
