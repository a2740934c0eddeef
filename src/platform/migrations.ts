import type { Migration } from '../kernel/index.ts';
import { actionMigrations } from './action-store.ts';
import { localMigrations } from './local/index.ts';

export const platformMigrations: readonly Migration[] = [...actionMigrations, ...localMigrations];
