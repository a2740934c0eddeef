import type { Store } from './store.ts';
export class Traces {
  readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }
}
