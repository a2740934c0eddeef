import type { Context, Hono } from 'hono';
import { Fault, type Principal } from '../../kernel/index.ts';
import { readBody } from './body.ts';
import type { Env } from './env.ts';

/** Takes the signals of jobs, handed in. */
export interface HeartbeatHandler {
  /** Whether the job's own token is credential enough. */
  hasToken(name: string): Promise<boolean>;
  signal(
    name: string,
    said: {
      signal: 'start' | 'success' | 'failure';
      token?: string;
      durationMs?: number;
      message?: string;
    },
  ): Promise<{ status: string; why: string }>;
}

const SIGNALS = { start: 'start', success: 'success', failure: 'failure', fail: 'failure' } as const;
const MOST_BYTES = 64 * 1024;
const MOST_CHARACTERS = 1000;
const LONGEST_SECONDS = 31_536_000;

/**
 * `POST /heartbeat/NAME` tells of a success, `/heartbeat/NAME/start` and `/heartbeat/NAME/failure` of the others: what a
 * line of a cron table can say with curl. A job without a token of its own needs one of the server's that may write.
 */
export function serveHeartbeats(
  app: Hono<Env>,
  handler: HeartbeatHandler,
  surface: {
    whoAsks(context: Context<Env>, options: { counted: boolean }): Principal;
    limit(context: Context<Env>): void;
  },
): void {
  const take = async (context: Context<Env>, name: string, said: string) => {
    const { whoAsks, limit } = surface;
    // Before anything is read: names that nobody has would cost a look into the catalog each.
    limit(context);
    if (!(await handler.hasToken(name))) {
      const { name: who, role } = whoAsks(context, { counted: false });
      // As for the operation heartbeat.send: who may only read must not make a missing job look well.
      if (role === 'viewer')
        throw new Fault('forbidden', `${who} has the role viewer, and a heartbeat needs responder.`, {
          hint: 'Or give the heartbeat a token of its own.',
        });
    }
    const query = (key: string) => context.req.query(key);
    const signal = SIGNALS[(query('signal') ?? said) as keyof typeof SIGNALS];
    if (signal === undefined)
      throw new Fault('invalid', `'${(query('signal') ?? said).slice(0, 40)}' is no signal of a job.`, {
        hint: `There are: ${Object.keys(SIGNALS).join(', ')}.`,
      });
    const seconds = query('seconds') === undefined ? undefined : Number(query('seconds'));
    if (seconds !== undefined && !(seconds >= 0 && seconds <= LONGEST_SECONDS))
      throw new Fault('invalid', 'seconds is how long the job took, as 12.5.', { field: 'seconds' });
    const body = new TextDecoder().decode(await readBody(context.req.raw, MOST_BYTES)).trim();
    const message = (query('message') ?? body).slice(0, MOST_CHARACTERS);
    const token = query('token') ?? bearer(context.req.header('authorization'));
    const { status, why } = await handler.signal(name, {
      signal,
      ...(token === undefined ? {} : { token }),
      ...(seconds === undefined ? {} : { durationMs: seconds * 1000 }),
      ...(message === '' ? {} : { message }),
    });
    return Response.json({ name, status, why }, { headers: { 'cache-control': 'no-store' } });
  };
  app.post('/heartbeat/:name', context => take(context, context.req.param('name'), 'success'));
  app.post('/heartbeat/:name/:signal', context =>
    take(context, context.req.param('name'), context.req.param('signal')),
  );
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
}
