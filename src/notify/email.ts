import { createTransport } from 'nodemailer';
import { messageOf, redactText } from '../kernel/index.ts';
import { type Channel, ChannelError } from './channel.ts';

export interface EmailOptions {
  /** `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…:465`. */
  smtp: string;
  from: string;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * E-mail over SMTP. The Message-ID is the same for every attempt at one delivery, so that mail systems can drop a
 * repetition, and all messages of an incident refer to one root, so that they stand in one thread.
 */
export function emailChannel(name: string, { smtp, from, timeoutMs = TIMEOUT_MS }: EmailOptions): Channel {
  const transport = createTransport({
    url: smtp,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = domainOf(from);
  return {
    name,
    local: false,
    send: async (message, address, signal, attempt) => {
      if (!/^[^\s@]+@[^\s@]+$/.test(address))
        throw new ChannelError(`'${address.slice(0, 80)}' is not an e-mail address`, { permanent: true });
      signal.throwIfAborted();
      const messageId = `<${attempt.delivery}@${domain}>`;
      const sending = transport.sendMail({
        from,
        to: { name: '', address },
        subject:
          message.severity === undefined ? message.subject : `[${message.severity}] ${message.subject}`,
        text: [message.text, message.url, `Message ${message.id}, sent by Nines.`]
          .filter(Boolean)
          .join('\n\n'),
        messageId,
        ...(message.incident === undefined ? {} : { references: `<${message.incident}@${domain}>` }),
        headers: {
          // RFC 3834: keeps vacation replies and the like from answering.
          'Auto-Submitted': 'auto-generated',
          'X-Nines-Kind': message.kind,
          ...(message.incident === undefined ? {} : { 'X-Nines-Incident': message.incident }),
          ...(attempt.uncertain ? { 'X-Nines-May-Repeat': 'true' } : {}),
        },
      });
      await untilAborted(sending, signal).catch(error => {
        if (signal.aborted) throw error;
        throw new ChannelError(redactText(`the mail server did not accept it: ${messageOf(error)}`), {
          permanent: isRefusal(error),
          cause: error,
        });
      });
      return { reference: messageId };
    },
    close: async () => transport.close(),
  };
}

/** RFC 5321 §4.2.1: a 5yz reply is final. A failed login is not: it is often the server's own trouble, and pages matter. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error)) return false;
  const code = Number(error.responseCode);
  return code >= 500 && code < 600 && !('code' in error && error.code === 'EAUTH') && code !== 503;
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'nines.invalid';
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
