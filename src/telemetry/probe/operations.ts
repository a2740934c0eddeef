import { z } from 'zod';
import { type Catalog, checkFiles, type KnownServices, type Resource } from '../../catalog/index.ts';
import { epochMs, Fault, type Instant, operationsOf } from '../../kernel/index.ts';
import type { Telemetry } from '../telemetry.ts';
import { HeartbeatStatus, Signal } from './heartbeat.ts';
import { instanceOf, Probe, type ProbeSpec } from './probe.ts';
import {
  HeartbeatView,
  heartbeatsText,
  heartbeatView,
  ProbeDetail,
  ProbeRun,
  ProbeView,
  probeDetail,
  probesText,
  probeText,
  probeView,
  runText,
  type Uptime,
  worstFirst,
  wrapped,
} from './probe-view.ts';
import type { Probes } from './probes.ts';

const operation = operationsOf<{
  probes: Probes;
  telemetry: Telemetry;
  catalog: Catalog;
  services: KnownServices;
}>();
const Name = z.string().min(1).max(63);
const WINDOWS = ['1h', '24h', '7d', '30d'];

const list = operation({
  name: 'probe.list',
  summary: 'List the probes with how they stand: what fails first.',
  effect: 'read',
  route: 'GET /probes',
  input: z.object({ service: Name.optional().describe('Only those of this service') }),
  output: z.object({ probes: z.array(ProbeView) }),
  run: async ({ service }, { probes, telemetry, services, now, signal }) => {
    const at = now();
    const [all, uptime] = await Promise.all([
      probes.list(),
      uptimes(telemetry, 'probe_success', '24h', at, signal),
    ]);
    const wanted = all.filter(one => service === undefined || one.spec.service === service);
    if (wanted.length === 0) await services.expectRecent(service, at);
    return {
      probes: worstFirst(wanted.map(one => probeView(one, uptime.get(one.name) ?? null, epochMs(at)))),
    };
  },
  render: probesText,
  examples: ['nines probe list', 'nines probe list --service gateway'],
});

const show = operation({
  name: 'probe.show',
  summary:
    'Show a probe or a heartbeat: how it stands, its last attempts or runs, its uptime, and what is next.',
  effect: 'read',
  route: 'GET /probes/:name',
  args: ['name'],
  input: z.object({ name: Name.describe('The Probe') }),
  output: ProbeDetail,
  run: async ({ name }, { probes, telemetry, now, signal }) => {
    const at = now();
    const found = await probes.get(name);
    const selector = `probe_success{probe=${JSON.stringify(name)}}`;
    const uptime = await Promise.all(
      WINDOWS.map(async (window): Promise<Uptime> => {
        const ratios = await uptimes(telemetry, selector, window, at, signal);
        return { window, ratio: ratios.get(name) ?? null };
      }),
    );
    return probeDetail(found, uptime, epochMs(at));
  },
  render: probeText,
  examples: ['nines probe show gateway-health', 'nines probe show nightly-backup'],
});

const run = operation({
  name: 'probe.run',
  summary: 'Make one attempt of a probe now, and show how long each phase took.',
  description:
    'A declared probe counts the attempt as any other. One of a file is tried out: it need not be applied, and nothing is kept.',
  effect: 'write',
  route: 'POST /probes/:name/run',
  args: ['name'],
  input: z.object({
    name: Name.describe('The Probe'),
    file: z
      .array(z.object({ path: z.string().max(4096), text: z.string().max(1_048_576) }))
      .max(2000)
      .optional()
      .describe('YAML that declares it, if it is not applied'),
  }),
  files: 'file',
  output: ProbeRun,
  run: async ({ name, file }, { probes, catalog }) => {
    if (file === undefined) {
      const { spec } = await probes.get(name);
      return { name, instance: instanceOf(spec, name), attempt: await probes.run(name) };
    }
    const { spec } = declaredIn(file, name, catalog);
    return { name, instance: instanceOf(spec, name), attempt: await probes.tryOut(name, spec) };
  },
  render: runText,
  examples: [
    'nines probe run gateway-health',
    'nines probe run gateway-health --file reliability/probes.yaml',
  ],
});

const heartbeats = operation({
  name: 'heartbeat.list',
  summary: 'List the jobs that must run, with how they stand and when they are due.',
  effect: 'read',
  route: 'GET /heartbeats',
  input: z.object({}),
  output: z.object({ heartbeats: z.array(HeartbeatView) }),
  run: async (_, { probes, now }) => {
    const at = epochMs(now());
    return { heartbeats: (await probes.list()).flatMap(one => heartbeatView(one, at)) };
  },
  render: heartbeatsText,
  examples: ['nines heartbeat list'],
});

const beat = operation({
  name: 'heartbeat.send',
  summary: 'Tell of a job: that it began, that it succeeded, or that it failed.',
  effect: 'write',
  route: 'POST /heartbeats/:name',
  args: ['name', 'signal'],
  input: z.object({
    name: Name.describe('The Probe with the heartbeat'),
    signal: Signal.default('success').describe('What happened'),
    seconds: z
      .number()
      .min(0)
      .max(31_536_000)
      .optional()
      .describe('How long it took; from its start if absent'),
    message: z.string().max(1000).optional().describe('What there is to say of it'),
    secret: z.string().max(200).optional().describe('The token of the heartbeat, where it has one'),
  }),
  output: z.object({ name: z.string(), status: HeartbeatStatus, why: z.string() }),
  run: async ({ name, seconds, secret, ...said }, { probes }) => {
    const { status, why } = await probes.signal(name, {
      ...said,
      token: secret,
      ...(seconds === undefined ? {} : { durationMs: seconds * 1000 }),
    });
    return { name, status, why };
  },
  render: ({ name, status, why }) => wrapped(`${name}: ${status.replace('_', ' ')}; ${why}.`).join('\n'),
  examples: [
    'nines heartbeat send nightly-backup success',
    'nines heartbeat send nightly-backup failure --message "disk is full"',
  ],
});

export const probeOperations = [list, show, run, heartbeats, beat];

/** Shares by probe. The own store is asked: other sources know nothing of these probes. */
async function uptimes(
  telemetry: Telemetry,
  selector: string,
  window: string,
  at: Instant,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const query = `avg by (probe) (avg_over_time(${selector}[${window}]))`;
  const { samples } = await telemetry.own.instant(query, at, { signal });
  return new Map(
    samples.flatMap(({ labels, value }) => (labels.probe === undefined ? [] : [[labels.probe, value]])),
  );
}

/** The Probe of that name among the files. Throws `invalid`, `not_found`. */
function declaredIn(
  files: readonly { path: string; text: string }[],
  name: string,
  { kinds }: Catalog,
): Resource<ProbeSpec> {
  const { resources, problems } = checkFiles(files, kinds, { each: true });
  const declared = resources.filter(one => one.kind === Probe.kind) as Resource<ProbeSpec>[];
  const found = declared.find(one => one.metadata.name === name);
  const wrong = found === undefined ? problems : (Probe.check?.(found, () => undefined) ?? []);
  if (found === undefined && problems.length === 0)
    throw new Fault('not_found', `The files declare no Probe '${name}'.`, {
      hint:
        declared.length === 0
          ? 'They declare no Probe at all.'
          : `There are: ${declared
              .map(one => one.metadata.name)
              .slice(0, 12)
              .join(', ')}.`,
    });
  if (found === undefined || wrong.length > 0)
    throw new Fault('invalid', `The Probe '${name}' cannot be tried out.`, { problems: wrong.slice(0, 100) });
  return found;
}
