import { Readable } from 'node:stream';
import type { Context, Hono } from 'hono';
import { Fault, type Principal, type Surface } from '../../kernel/index.ts';
import type { Env } from './env.ts';

/** Begins a backup, and notes who asked for it. */
export type Backup = (asked: { principal: Principal; surface: Surface }) => Promise<Readable>;

/** What the route takes of the surface that it is part of. */
export interface BackupSurface {
  backup: Backup;
  path: string;
  whoAsks(context: Context<Env>): Principal;
  surfaceOf(context: Context<Env>): Surface;
}

/** A backup holds everything that Nines knows, also what a role may not read: it is for admins. */
export function serveBackup(app: Hono<Env>, { backup, path, whoAsks, surfaceOf }: BackupSurface): void {
  app.post(path, async context => {
    const principal = whoAsks(context);
    if (principal.role !== 'admin')
      throw new Fault(
        'forbidden',
        `${principal.name} has the role ${principal.role}, and a backup needs admin.`,
      );
    const archive = await backup({ principal, surface: surfaceOf(context) });
    return new Response(Readable.toWeb(archive) as ReadableStream<Uint8Array>, {
      headers: { 'content-type': 'application/zstd', 'cache-control': 'no-store' },
    });
  });
}
