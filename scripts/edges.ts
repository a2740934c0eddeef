/**
 * The files, and folders (`local/`), that hold a store, a clock, the network or a process, room by room. What is not
 * listed here is pure (see scripts/arrows.ts). These are edges in every room by their name: index.ts, operations.ts,
 * store.ts, *-store.ts, store-*.ts, testing.ts and tests; kernel/ and surfaces/ are edges altogether.
 */
export const EDGES: Readonly<Record<string, readonly string[]>> = {
  catalog: ['catalog.ts', 'files.ts'],
  chaos: ['drills.ts'],
  notify: ['notifications.ts', 'email.ts', 'webhook.ts', 'terminal.ts'],
  oncall: ['oncall.ts'],
  platform: ['guard.ts', 'migrations.ts', 'local/'],
  telemetry: ['unpack.ts', 'writer.ts'],
};
