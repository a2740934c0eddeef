export { LocalPlatform, type LocalPlatformOptions } from './local-platform.ts';
export { localMigrations } from './store.ts';
