import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { DurationText, duration, Instant, instant, operationsOf } from '../kernel/index.ts';
import { Purpose } from './error-budget-policy.ts';
import { Override, OverrideState, overrideText } from './override.ts';
import type { Slos } from './slos.ts';

const operation = operationsOf<{ slos: Slos; services: KnownServices }>();

const OverrideId = z.string().min(1).max(64).describe('The override, as ovr_7f3k…');
const DAY_MS = 86_400_000;

const make = operation({
  name: 'slo.override',
  summary: 'Let something through that the error budget denies: with a reason, for a time, on the record.',
  description:
    'From the level on that the policy names (freeze by default) it counts only once a second person confirmed it.',
  effect: 'write',
  route: 'POST /services/:service/gate/overrides',
  args: ['service'],
  input: z.object({
    service: z.string().min(1).max(63).describe('The service'),
    for: z.array(Purpose).min(1).max(5).default(['release']).describe('What may be done'),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(1000)
      .describe('Why: it is shown with the gate and in the postmortem'),
    last: DurationText.optional().describe('For how long, at most 72h; 2h if no end is given either'),
    until: Instant.optional().describe('Or until when, as +2h or 2026-01-27T05:00:00Z'),
  }),
  output: z.object({ override: Override, waitsForSecond: z.boolean() }),
  run: async ({ service, for: purposes, reason, last, until }, { slos, principal }) => {
    await slos.demandService(service);
    const lastMs = last === undefined ? undefined : duration(last);
    return slos.gates.override({ service, purposes, reason, lastMs, until }, principal);
  },
  render: ({ override, waitsForSecond }) =>
    overrideText(override, waitsForSecond ? 'waits_for_second' : 'in_force'),
  examples: ['nines slo override payments --for release --last 2h --reason "the fix for INC-7"'],
});

const confirm = operation({
  name: 'slo.confirm',
  summary: 'Confirm an override of the error budget gate, as the second person.',
  effect: 'write',
  route: 'POST /gate-overrides/:id/confirm',
  args: ['id'],
  input: z.object({ id: OverrideId }),
  output: Override,
  run: ({ id }, { slos, principal }) => slos.gates.overrides.confirm(id, principal),
  render: override => overrideText(override, 'in_force'),
  examples: ['nines slo confirm ovr_7f3k2m9q4x8c1v6b'],
});

const end = operation({
  name: 'slo.end-override',
  summary: 'Take an override of the error budget gate back.',
  effect: 'write',
  route: 'POST /gate-overrides/:id/end',
  args: ['id'],
  input: z.object({ id: OverrideId }),
  output: Override,
  run: ({ id }, { slos, principal }) => slos.gates.overrides.end(id, principal),
  render: override => overrideText(override, 'taken_back'),
  examples: ['nines slo end-override ovr_7f3k2m9q4x8c1v6b'],
});

const list = operation({
  name: 'slo.overrides',
  summary: 'List who let what through although the error budget said no, and why.',
  effect: 'read',
  route: 'GET /gate-overrides',
  input: z.object({
    service: z.string().max(63).optional().describe('Only those of this service'),
    days: z.coerce.number().int().min(1).max(366).default(30).describe('How far back'),
  }),
  output: z.object({
    at: z.string(),
    overrides: z.array(Override.extend({ state: OverrideState })).describe('The newest first'),
  }),
  run: async ({ service, days }, { slos, services, now }) => {
    const at: Instant = now();
    const from = instant(Date.parse(at) - days * DAY_MS);
    const found = await slos.gates.overrides.between(
      { from, to: at },
      service === undefined ? undefined : [service],
    );
    if (found.length === 0) await services.expectRecent(service, at);
    return {
      at,
      overrides: await slos.gates.withStates(found, at),
    };
  },
  render: ({ overrides }) =>
    overrides.length === 0
      ? 'Nobody overrode the gate in this time.'
      : overrides.map(one => overrideText(one, one.state)).join('\n'),
  examples: ['nines slo overrides', 'nines slo overrides --service payments --days 7'],
});

export const overrideOperations = [make, confirm, end, list];
