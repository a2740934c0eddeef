import type { On, Reacting } from './reacting.ts';

/** Somebody watches the watcher: what Nines could not do, keep or take is told to people. */
export function reactToLosses(on: On, { incidents, notifications }: Reacting): void {
  // Work that was given up may be a page that nobody got, so it is an incident of its own.
  on<{ kind: string; message: string }>('job.given_up', 'watch-the-watcher', async ({ kind, message }) => {
    if (kind === 'on:app.watch-the-watcher') return;
    await incidents.declare(
      {
        service: 'nines',
        title: `Nines gave up on work: ${kind}`,
        severity: 'SEV2',
        text: `${message}. What it was to do has not been done: a page, an entry or a step may be missing. The log of Nines has each attempt.`,
      },
      'nines',
    );
  });
  // What was kept for people is gone before its time: they must hear of it, once a day for a signal.
  on<{ signal: string; why: string; from: string; to: string }>(
    'telemetry.shed',
    'tell-shed',
    async ({ signal, why, from, to }, { at }) =>
      notifications.broadcast({
        id: `shed/${signal}/${at.slice(0, 10)}`,
        kind: 'notice',
        subject: `Nines drops old ${signal}: the disk is getting full`,
        text: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}. The ${signal} of ${from} to ${to} were dropped before their time, and more may follow. nines telemetry storage shows what takes the disk.`,
      }),
  );
  on<{ signals: string[]; why: string }>('telemetry.refusing', 'tell-refusing', async ({ signals, why }) =>
    incidents.declare(
      {
        service: 'nines',
        title: `Nines takes no more ${signals.join(', ')}: the disk is full`,
        severity: 'SEV2',
        text: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}, and nothing old is left to drop. Senders are told to come back (503). Rules that need what is refused go blind. Make room, or shorten retention: nines telemetry storage.`,
      },
      'nines',
    ),
  );
  on<{ metrics: number; worst: { count: number; sentence: string }[] }>(
    'telemetry.series_refused',
    'tell-series-refused',
    async ({ metrics, worst }, { id }) =>
      notifications.broadcast({
        id: `series-refused/${id}`,
        kind: 'notice',
        subject: `Nines refuses new series of ${metrics === 1 ? 'a metric' : `${metrics} metrics`}`,
        text: `${worst.map(one => one.sentence).join(' ')} What is known is taken as before. nines telemetry cardinality shows which label to drop.`,
      }),
  );
}
