import { createSocket } from 'node:dgram';
import { type Answer, decode, encode } from 'dns-packet';

export type DnsReply = { answers?: Answer[]; code?: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' } | 'silent';

const CODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 };

/** A small DNS server on this machine: what it answers is asked of the test, by `name TYPE`. */
export async function dnsServer(
  reply: (question: string) => DnsReply,
): Promise<{ address: string; close(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const { id = 0, questions = [] } = decode(message);
    const [question] = questions;
    if (question === undefined) return;
    const answer = reply(`${question.name} ${question.type}`);
    if (answer === 'silent') return;
    socket.send(
      encode({
        type: 'response',
        id,
        flags: 0x0180 | (answer.code === undefined ? 0 : CODES[answer.code]),
        questions,
        answers: answer.answers ?? [],
      }),
      from.port,
      from.address,
    );
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
