/**
 * The files, and folders (`local/`), that hold a store, a clock, the network or a process, room by room. What is not
 * listed here is pure (see scripts/arrows.ts). These are edges in every room by their name: index.ts, operations.ts,
 * store.ts, *-store.ts, store-*.ts, testing.ts and tests; kernel/ and surfaces/ are edges altogether.
 */
export const EDGES: Readonly<Record<string, readonly string[]>> = {
  alerting: ['alerts.ts'],
  catalog: ['catalog.ts', 'files.ts'],
  chaos: ['drills.ts'],
  deploy: ['deploys.ts'],
  incident: ['incidents.ts'],
  investigation: ['investigations.ts', 'gather.ts', 'patience.ts'],
  notify: ['notifications.ts', 'config.ts', 'email.ts', 'webhook.ts', 'terminal.ts'],
  oncall: ['oncall.ts'],
  platform: ['guard.ts', 'migrations.ts', 'platforms.ts', 'local/'],
  postmortem: ['postmortems.ts', 'file.ts'],
  runbook: ['runbooks.ts'],
  slo: ['gates.ts', 'overrides.ts', 'slos.ts'],
  telemetry: [
    'unpack.ts',
    'writer.ts',
    'ingest.ts',
    'telemetry.ts',
    'probe/dial.ts',
    'probe/dns-attempt.ts',
    'probe/http-attempt.ts',
    'probe/make-attempt.ts',
    'probe/probes.ts',
    'probe/socket-attempt.ts',
    'probe/surroundings.ts',
    'disk-guard.ts',
    'pause.ts',
    'sources/',
    'scrape/',
  ],
};
