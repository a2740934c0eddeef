// What the console is shown in tests: answers of a real server, recorded while the example shop had its bad release.
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { operations } from '../../src/operations.ts';
import { budgetAnswers, spentAnswers } from './budget-scene.ts';
import { exploreAnswers, explorePrometheus } from './explore-scene.ts';
import { planAnswers } from './plan-scene.ts';

type Declared = (typeof operations)[number];
export type OperationName = Declared['name'];
type OutputOf<N extends OperationName> = z.output<Extract<Declared, { name: N }>['output']>;

/** An operation's answer, or what makes it of the input; one that throws a fault answers with it. */
export type Answers = {
  [N in OperationName]?: OutputOf<N> | ((input: Record<string, unknown>) => OutputOf<N>);
};

type Recorded = { [N in OperationName]: OutputOf<N> } & Record<
  `slo.indicator/${string}`,
  OutputOf<'slo.indicator'>
>;

/** Parsed by the operations' own schemas: a recording that no longer fits fails here, and not as a strange page. */
function recorded(): Recorded {
  const file = new URL('../fixtures/console/bad-release.json', import.meta.url);
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => {
      const operation = operations.find(one => one.name === key.split('/')[0]);
      if (operation === undefined) throw new Error(`the recording has ${key}, which is no operation`);
      const read = operation.output.safeParse(value);
      if (!read.success)
        throw new Error(
          `${key} answers in another form now; bring ${file.pathname} up to date: ${read.error}`,
        );
      return [key, read.data];
    }),
  ) as Recorded;
}

export interface Scene {
  /** When it plays. */
  at: string;
  answers: Answers;
  /** The `data` of Prometheus's own API by its path; undefined: there is no such path. */
  prometheus?(path: string): unknown;
}

/** Rolled back by itself and verified a minute later; still watched. */
export function mitigatedScene(): Scene {
  const answers = recorded();
  const { incident } = answers['incident.show'];
  const { at } = answers['incident.show'];
  return {
    at,
    prometheus: explorePrometheus,
    answers: {
      ...answers,
      ...exploreAnswers(at),
      ...budgetAnswers(answers['slo.show'].status),
      ...planAnswers(at),
      'incident.list': () => ({ incidents: [incident] }),
      'slo.indicator': ({ id }) => answers[`slo.indicator/${String(id)}`]!,
      'slo.list': input => ofService(answers['slo.list'], input.service),
      'slo.prove': {
        broken: [],
        proofs: [
          {
            objective: 'checkout-availability',
            able: true,
            silent: false,
            eventsPerSecond: 10,
            rows: [
              {
                outage: '100 % of events bad',
                errorRatio: 1,
                burnRate: 1000,
                page: { ms: 52_000, rule: 'checkout-availability:page:1h' },
                ticket: { ms: 780_000, rule: 'checkout-availability:ticket:1d' },
                budgetGone: 0.02,
              },
            ],
            problems: [],
            notes: [],
          },
        ],
      },
      'postmortem.show': postmortem('# Postmortem: Gateway\n\n| a | b |\n| - | - |\n| 1 | 2 |\n'),
    },
  };
}

/** Half a minute after the page: the cause is confirmed, and the fix waits for one person. */
export function waitingScene(): Scene {
  const { answers, ...rest } = mitigatedScene();
  const whole = recorded();
  const { incident, timeline } = whole['incident.show'];
  const { mitigatedAt: _m, mitigatedWhy: _w, ...open } = incident;
  const proposal = whole['remediation.list'].remediations[0]!;
  const { runner: _r, startedAt: _s, finishedAt: _f, outcome: _o, ...proposed } = proposal;
  const step = proposal.steps[0]!;
  const until = timeline.find(entry => entry.kind === 'proposal')!;
  const seen = timeline.filter(entry => entry.seq <= until.seq);
  const now: typeof incident = {
    ...open,
    status: 'open',
    phase: 'assess',
    phases: incident.phases.filter(({ phase }) => phase === 'detect' || phase === 'assess'),
  };
  const at = new Date(Date.parse(until.at) + 7_000).toISOString();
  const before = <T extends { at: string }>(all: T[]) => all.filter(one => one.at <= at);
  return {
    ...rest,
    at,
    answers: {
      ...answers,
      'incident.list': () => ({ incidents: [now] }),
      'incident.show': {
        incident: now,
        at,
        cause: seen.find(entry => entry.kind === 'verdict'),
        fix: until,
        timeline: seen,
        next: [],
      },
      'remediation.list': {
        remediations: [
          {
            ...proposed,
            start: 'one_click',
            state: 'proposed',
            version: 1,
            steps: [
              {
                name: step.name,
                spec: step.spec,
                action: step.action,
                description: step.description,
                state: 'pending',
                reversible: false,
                checks: 0,
              },
            ],
          },
        ],
      },
      'remediation.approve': proposal,
      'incident.acknowledge': now,
      'change.list': {
        changes: before(whole['change.list'].changes).filter(change => change.kind !== 'rollback'),
      },
      'slo.indicator': ({ id }) => {
        const whole = recorded()[`slo.indicator/${String(id)}`]!;
        return { ...whole, points: before(whole.points) };
      },
      'traces.timeline': { buckets: before(whole['traces.timeline'].buckets) },
    },
  };
}

/** The budget of the checkouts is gone. */
export function spentScene(): Scene {
  const { answers, ...rest } = mitigatedScene();
  return { ...rest, answers: { ...answers, ...spentAnswers(recorded()['slo.show'].status) } };
}

/** No incident, and an objective of which nothing is known. */
export function quietScene(): Scene {
  const { answers, ...rest } = mitigatedScene();
  const { slos } = recorded()['slo.list'];
  return {
    ...rest,
    answers: {
      ...answers,
      'incident.list': { incidents: [] },
      'slo.list': {
        broken: [],
        slos: slos.map((slo, index) => {
          const calm = {
            ...slo,
            state: 'ok' as const,
            burnRates: slo.burnRates.map(({ window }) => ({ window, burnRate: 0 })),
          };
          if (index > 0) return calm;
          const {
            sli: _s,
            errorRatio: _e,
            budgetRemaining: _b,
            budgetConsumed: _c,
            events: _n,
            ...blind
          } = calm;
          return {
            ...blind,
            state: 'no_data',
            reason: 'No sample of its total in the window.',
            coverage: 0,
            burnRates: slo.burnRates.map(({ window }) => ({ window, burnRate: null })),
          };
        }),
      },
    },
  };
}

const HOSTILE = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>';

/** The same with text such as an attacker could bring in by telemetry, wherever text is shown. */
export function withHostileText({ answers, ...rest }: Scene): Scene {
  const { 'incident.show': view, 'investigation.show': investigation } = recorded();
  const { incident, timeline } = view;
  const hostile = { ...incident, title: HOSTILE };
  return {
    ...rest,
    answers: {
      ...answers,
      'incident.list': { incidents: [hostile] },
      'incident.show': {
        ...view,
        incident: hostile,
        timeline: timeline.map(entry => ({
          ...entry,
          text: `${HOSTILE} \`${HOSTILE}\` [x](javascript:hacked=1)`,
        })),
      },
      'investigation.show': {
        ...investigation,
        summary: HOSTILE,
        causes: investigation.causes.map(cause => ({ ...cause, title: HOSTILE, mechanism: [HOSTILE] })),
      },
      'postmortem.show': postmortem(
        `# Postmortem\n\n${HOSTILE}\n\n\`${HOSTILE}\`\n\n[link](javascript:window.hacked=true) ![picture](x)\n`,
      ),
    },
  };
}

function postmortem(markdown: string): OutputOf<'postmortem.show'> {
  const at = '2026-11-23T14:25:00.000Z';
  return {
    incident: 'INC-1',
    title: 'Gateway',
    at,
    draftedAt: at,
    version: 1,
    edited: false,
    markdown,
    actions: [],
  };
}

function ofService(all: OutputOf<'slo.list'>, service: unknown): OutputOf<'slo.list'> {
  return service === undefined ? all : { ...all, slos: all.slos.filter(slo => slo.service === service) };
}
