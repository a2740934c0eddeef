import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import {
  DurationText,
  duration,
  epochMs,
  Fault,
  Instant,
  instant,
  milliseconds,
  operationsOf,
} from '../kernel/index.ts';
import { AlertRule } from './alert-rule.ts';
import { backtestOperation } from './backtest-operation.ts';
import { bounded } from './bounded.ts';
import { BudgetStatus, BurnDownPoint } from './budget-status.ts';
import { Purpose } from './error-budget-policy.ts';
import { GateAnswer } from './gate.ts';
import { ledgerOperation } from './ledger-operation.ts';
import { monitorOperations } from './monitor/operation.ts';
import { Override, OverrideState, overrideText } from './override.ts';
import { overrideOperations } from './override-operations.ts';
import { item, Proof, proofText } from './proof.ts';
import type { Slos } from './slos.ts';
import { specificationOperations } from './specification-operations.ts';
import { suggestOperation } from './suggest-operation.ts';
import { templateOperation } from './template-operation.ts';
import { burnDownText, statusTable, statusText, wrapped } from './text.ts';

const operation = operationsOf<{ slos: Slos; services: KnownServices }>();

const Broken = z.object({ slo: z.string(), service: z.string(), problem: z.string() });
const SloId = z
  .string()
  .min(1)
  .max(128)
  .describe('The SLO, as checkout-availability; /2 for its second objective');

const list = operation({
  name: 'slo.list',
  summary: 'List the SLOs with state, SLI, error budget left and burn.',
  effect: 'read',
  route: 'GET /slos',
  input: z.object({ service: z.string().max(63).optional().describe('Only those of this service') }),
  output: z.object({ slos: z.array(BudgetStatus), broken: z.array(Broken) }),
  run: async ({ service }, { slos, services, now }) => {
    const mine = <T extends { service: string }>(all: T[]) =>
      service === undefined ? all : all.filter(one => one.service === service);
    const found = { slos: mine(await slos.statuses(now())), broken: mine(await slos.broken()) };
    if (found.slos.length + found.broken.length === 0) await services.expectRecent(service, now());
    return found;
  },
  render: ({ slos, broken }) => statusTable(slos, broken),
  examples: ['nines slo list', 'nines slo list --service gateway'],
});

const show = operation({
  name: 'slo.show',
  summary: 'Show an SLO: budget, burn by window, rules and the burn-down.',
  effect: 'read',
  route: 'GET /slos/:id',
  args: ['id'],
  input: z.object({ id: SloId }),
  output: z.object({
    status: BudgetStatus,
    description: z.string().optional(),
    queries: z.array(z.string()).describe('As the SLI was declared'),
    expressions: z
      .object({ bad: z.string(), total: z.string(), ratio: z.string() })
      .describe('Over five minutes'),
    rules: z.array(AlertRule),
    notes: z.array(z.string()).describe('What was changed so that the rules can fire'),
    burnDown: z.array(BurnDownPoint),
    parts: z
      .array(z.object({ objective: z.string(), displayName: z.string(), weight: z.number() }))
      .optional()
      .describe('Of a composite SLO: what it is made of'),
    partOf: z
      .object({ objective: z.string(), displayName: z.string(), weight: z.number() })
      .optional()
      .describe('The composite SLO that it is a part of, and its weight in it'),
    overrides: z
      .array(Override.extend({ state: OverrideState }))
      .describe('Of the gate of its service, in force or over in the last week'),
  }),
  run: async ({ id }, { slos, now }) => {
    const { objective, rules, notes } = await slos.find(id);
    const at = now();
    const status = await slos.status(objective.id, at);
    const same = (await slos.objectives()).filter(one => one.slo === objective.slo);
    const whole = same.find(one => one.parts !== undefined);
    return {
      status,
      ...(objective.parts === undefined
        ? {}
        : {
            parts: objective.parts.map(part => ({
              objective: part.id,
              displayName: same.find(one => one.id === part.id)?.displayName ?? part.id,
              weight: part.weight,
            })),
          }),
      ...(whole === undefined || objective.weight === undefined
        ? {}
        : {
            partOf: { objective: whole.id, displayName: whole.displayName, weight: objective.weight },
          }),
      ...(objective.description === undefined ? {} : { description: objective.description }),
      queries: objective.sli.queries,
      expressions: {
        bad: objective.sli.badExpr('5m'),
        total: objective.sli.totalExpr('5m'),
        ratio: objective.sli.ratioExpr('5m'),
      },
      rules,
      notes: notes.map(note => `${note.severity}: ${note.reason}`),
      burnDown: await slos.burnDown(objective.id, await slos.stretch(objective.id, at, 60)),
      overrides: await slos.gates.withStates(
        await slos.gates.overrides.between({ from: instant(epochMs(at) - 7 * 86_400_000), to: at }, [
          objective.service,
        ]),
        at,
      ),
    };
  },
  render: ({ status, parts, partOf, rules, notes, burnDown, overrides }) =>
    [
      statusText(status),
      ...(partOf === undefined ? [] : [`Part of ${partOf.objective}, with the weight ${partOf.weight}.`]),
      ...(parts ?? []).map(part => `Part ${part.objective} (${part.displayName}), weight ${part.weight}`),
      '',
      ...(rules.length === 0 && notes.length === 0 ? ['Rules: none, it pages nobody.'] : ['Rules:']),
      ...rules.map(
        rule =>
          `  ${rule.severity.padEnd(6)} ${rule.kind === 'absolute' ? 'everything failed'.padStart(20).padEnd(26) : `${String(Number(rule.burnRate.toPrecision(3))).padStart(5)}× over ${rule.longWindow} and ${rule.shortWindow}`.padEnd(26)} at least ${rule.minEvents} bad`,
      ),
      ...notes.map(note => `  ${note}`),
      '',
      burnDownText(burnDown),
      ...(overrides.length === 0
        ? []
        : ['', 'Overrides of the gate:', ...overrides.map(one => overrideText(one, one.state))]),
    ].join('\n'),
  examples: ['nines slo show checkout-availability'],
});

const burnDown = operation({
  name: 'slo.burn-down',
  summary: 'Show how the error budget of an SLO went down.',
  effect: 'read',
  route: 'GET /slos/:id/burn-down',
  args: ['id'],
  input: z.object({
    id: SloId,
    from: Instant.optional().describe('Where it begins; where the data does, or the window, if absent'),
    to: Instant.optional().describe('Where it ends; now if absent'),
    step: DurationText.optional().describe('Between points, as 1h; 60 points if absent'),
  }),
  output: z.object({ objective: z.string(), points: z.array(BurnDownPoint) }),
  run: async ({ id, from, to, step }, { slos, now }) => {
    const { objective } = await slos.find(id);
    const end = to ?? now();
    const stretch = await slos.stretch(objective.id, end, 60);
    const begin = from ?? stretch.from;
    if (begin >= end) throw new Fault('invalid', 'A burn-down begins before it ends.', { field: 'from' });
    const between = step === undefined ? (epochMs(end) - epochMs(begin)) / 60 : duration(step);
    return {
      objective: objective.id,
      points: await slos.burnDown(objective.id, {
        from: begin,
        to: end,
        step: milliseconds(Math.max(Math.ceil(between / 1000) * 1000, 1000)),
      }),
    };
  },
  render: ({ points }) => burnDownText(points),
  examples: ['nines slo burn-down checkout-availability --step 1h'],
});

const indicator = operation({
  name: 'slo.indicator',
  summary: 'Show the error ratio of an SLO over time, each point over a short window.',
  description:
    'Where nothing happened, or nothing is known, there is no point: that is not the same as zero.',
  effect: 'read',
  route: 'GET /slos/:id/indicator',
  args: ['id'],
  input: z.object({
    id: SloId,
    from: Instant.optional().describe('Where it begins; 30 minutes before the end if absent'),
    to: Instant.optional().describe('Where it ends; now if absent'),
    over: DurationText.default('1m').describe('The window that each point looks back over'),
    step: DurationText.optional().describe('Between points, as 10s; 120 points if absent'),
  }),
  output: z.object({
    objective: z.string(),
    displayName: z.string(),
    kind: z.enum(['availability', 'latency', 'other']),
    allowed: z.number().describe('The share of bad that the target allows, as 0.001'),
    over: DurationText,
    points: z.array(z.object({ at: Instant, errorRatio: z.number() })),
  }),
  run: async ({ id, from, to, over, step }, { slos, now }) => {
    const { objective } = await slos.find(id);
    const end = to ?? now();
    const begin = from ?? instant(epochMs(end) - 1_800_000);
    if (begin >= end) throw new Fault('invalid', 'The window ends before it begins.', { field: 'from' });
    const between = step === undefined ? (epochMs(end) - epochMs(begin)) / 120 : duration(step);
    const stepMs = Math.max(Math.ceil(between / 1000) * 1000, 1000);
    if ((epochMs(end) - epochMs(begin)) / stepMs > 1000)
      throw new Fault('invalid', 'At most 1,000 points can be shown.', {
        field: 'step',
        hint: 'Take a longer step.',
      });
    // On multiples of the step, so that points stay where they are from one asking to the next.
    const aligned = (at: Instant) => instant(Math.floor(epochMs(at) / stepMs) * stepMs);
    const points = await slos.ratios(objective.id, over, {
      from: aligned(begin),
      to: aligned(end),
      step: milliseconds(stepMs),
    });
    return {
      objective: objective.id,
      displayName: objective.displayName,
      kind: objective.sli.kind,
      allowed: Number((1 - objective.target).toPrecision(12)),
      over,
      points: points.map(([at, errorRatio]) => ({ at: instant(at), errorRatio })),
    };
  },
  render: ({ displayName, allowed, over, points }) =>
    [
      `${displayName}: share of bad over ${over}, ${Number((allowed * 100).toPrecision(3))} % is allowed`,
      ...(points.length === 0 ? ['There is no data in this window.'] : []),
      ...points
        .slice(-40)
        .map(({ at, errorRatio }) => `${at.slice(11, 19)}  ${Number((errorRatio * 100).toPrecision(3))} %`),
    ].join('\n'),
  examples: ['nines slo indicator checkout-availability'],
});

const gate = operation({
  name: 'slo.gate',
  summary: 'Ask whether the error budget of a service allows a release, chaos, automation or maintenance.',
  description:
    'Counts the budgets of the service and of all that depend on it. Exit code 0: allowed; 4: denied; 6: a budget could not be read, or the server is away; 3: there is no such service; 2: a wrong input. Of a service without SLO no budget speaks; without data the policy’s noData says what may be done.',
  effect: 'read',
  route: 'GET /services/:service/gate',
  args: ['service'],
  input: z.object({
    service: z.string().min(1).max(63).describe('The service'),
    for: Purpose.default('release').describe('What is to be done'),
    ask: z.boolean().default(false).describe('Only ask: a no is an answer and not a failure'),
  }),
  output: GateAnswer,
  run: async ({ service, for: purpose, ask }, { slos, now }) => {
    const answer = await slos.gate(service, purpose, now());
    // Nothing speaks against a name that is mistyped either: that must not open a pipeline.
    if (answer.level === 'no_slo') await slos.demandService(service);
    if (!answer.allowed && !ask) {
      const two = answer.needsSecond === true;
      // That a budget cannot be read is no answer: it may be read in a minute.
      const unread = answer.unread !== undefined && answer.level === 'no_data';
      throw new Fault(unread ? 'unavailable' : 'denied', answer.reason, {
        hint: `nines slo list --service ${answer.service} shows the budgets; ${two ? 'two people may' : 'a person may'} override it: nines slo override ${service} --for ${purpose} --reason "why"${two ? ', then another person: nines slo confirm ID' : ''}.`,
      });
    }
    return answer;
  },
  render: ({ allowed, reason }) => wrapped(`${allowed ? 'Allowed' : 'Denied'}. ${reason}`).join('\n'),
  examples: ['nines slo gate payments --for release', 'nines slo gate payments --for chaos --ask'],
});

const prove = operation({
  name: 'slo.prove',
  summary: 'Show that the SLOs are able to page: time to page by outage, missing series, blind spots.',
  effect: 'read',
  route: 'GET /slos-proof',
  args: ['id'],
  input: z.object({
    id: SloId.optional().describe('The SLO; all of them if absent'),
    strict: z.boolean().default(false).describe('Fail (exit code 4) when one is not able to page'),
  }),
  output: z.object({ proofs: z.array(Proof), broken: z.array(Broken) }),
  run: async ({ id, strict }, { slos, now }) => {
    const ids =
      id === undefined
        ? (await slos.objectives()).map(objective => objective.id)
        : [(await slos.find(id)).objective.id];
    const proofs = await bounded(ids, 4, one => slos.prove(one, now()));
    const broken = id === undefined ? await slos.broken() : [];
    const unable = proofs.filter(proof => !proof.able && (!proof.silent || proof.problems.length > 0));
    const count = unable.length + broken.length;
    if (strict && count > 0)
      throw new Fault('denied', `${count === 1 ? '1 SLO is' : `${count} SLOs are`} not able to page.`, {
        problems: [
          ...unable.flatMap(proof => proof.problems.map(message => ({ field: proof.objective, message }))),
          ...broken.map(one => ({ field: one.slo, message: one.problem })),
        ],
        hint: 'nines slo prove shows the whole table.',
      });
    return { proofs, broken };
  },
  render: ({ proofs, broken }) =>
    proofs.length + broken.length === 0
      ? 'No SLO is declared yet: nines apply FOLDER.'
      : [
          ...proofs.map(proofText),
          ...broken.map(one => [`${one.slo}: NOT able to page`, ...item('!', one.problem)].join('\n')),
        ].join('\n\n'),
  examples: ['nines slo prove', 'nines slo prove checkout-availability', 'nines slo prove --strict'],
});

const document = operation({
  name: 'slo.doc',
  summary: "Write the SLO document of a service, in the form of the SRE Workbook's example.",
  effect: 'read',
  route: 'GET /services/:service/slo-document',
  args: ['service'],
  input: z.object({ service: z.string().min(1).max(63).describe('The service') }),
  output: z.object({ service: z.string(), markdown: z.string() }),
  run: async ({ service }, { slos, services, now }) => {
    const markdown = await slos.document(service, now()).catch(async error => {
      await services.expectRecent(service, now());
      throw error;
    });
    return { service, markdown };
  },
  render: ({ markdown }) => markdown.trimEnd(),
  examples: ['nines slo doc gateway > slo.md'],
});

export const sloOperations = [
  list,
  show,
  burnDown,
  indicator,
  gate,
  prove,
  document,
  ledgerOperation,
  backtestOperation,
  suggestOperation,
  templateOperation,
  ...overrideOperations,
  ...specificationOperations,
  ...monitorOperations,
];
