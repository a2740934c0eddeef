/** What the load has seen, over HTTP on loopback: GET /stats, POST /mark (forget the first bad request), GET /healthz. */
import http from 'node:http';
import type { LoadStats } from './record.ts';

/** Listens on the ports that are not 0; a taken one is given to `fail`. */
export function serveStats(
  ports: readonly number[],
  record: { stats(): LoadStats; mark(): void },
  fail: (message: string) => void,
): void {
  for (const port of ports.filter(candidate => candidate > 0)) {
    http
      .createServer((request, response) => {
        const page = `${request.method} ${request.url}`;
        if (page === 'POST /mark') record.mark();
        const known = ['GET /stats', 'POST /mark', 'GET /healthz'].includes(page);
        response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(known ? record.stats() : { error: 'GET /stats, POST /mark or GET /healthz' }),
        );
      })
      .on('error', (error: NodeJS.ErrnoException) =>
        fail(error.code === 'EADDRINUSE' ? `port ${port} is taken; set PORT to a free one` : error.message),
      )
      .listen(port, '127.0.0.1');
  }
}
