import type { HttpBindings } from '@hono/node-server';

/** What every route knows of its request beside the request itself: the socket, unless it is called without one. */
export type Env = { Bindings: Partial<HttpBindings> };
