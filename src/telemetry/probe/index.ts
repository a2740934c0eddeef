export { Probe } from './probe.ts';
export { Probes } from './probes.ts';
export { probeMigrations } from './store.ts';
export { ProbesConfig } from './surroundings.ts';
