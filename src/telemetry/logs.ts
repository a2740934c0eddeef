import type { Store } from './store.ts';
export class Logs {
  readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }
}
