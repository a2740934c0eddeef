/** A receiver of webhooks that counts what it was sent. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sent {
  to: { person: string };
  kind: string;
  subject: string;
  incident?: string;
}

export interface WebhookSink {
  url: string;
  sent: Sent[];
  /** How many pages a person was sent. */
  pages(person: string): number;
  close(): Promise<void>;
}

export async function startWebhookSink(): Promise<WebhookSink> {
  const sent: Sent[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      sent.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Sent);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sent,
    pages: person => sent.filter(one => one.kind === 'page' && one.to.person === person).length,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
