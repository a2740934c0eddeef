import type { Channel } from './channel.ts';
import type { Message } from './message.ts';

const WIDTH = 78;

export interface TerminalOptions {
  write?: (text: string) => void;
  /** A bell is rung only where somebody may hear it. */
  isTTY?: boolean;
}

/** The server's own terminal: a box on standard error, readable at 3 AM, with a bell for a page. */
export function terminalChannel(name: string, options: TerminalOptions = {}): Channel {
  const write = options.write ?? (text => void process.stderr.write(text));
  const isTTY = options.isTTY ?? process.stderr.isTTY === true;
  return {
    name,
    local: true,
    send: async (message, address, _signal, attempt) => {
      const bell = isTTY && message.kind === 'page' ? '\u0007' : '';
      write(`${bell}${box(message, address === '' ? attempt.person : address)}`);
      return {};
    },
  };
}

/** The message as a box of 80 columns. Pure. */
export function box(message: Message, to: string): string {
  const head = [message.kind === 'page' ? 'PAGE' : 'NOTICE', message.severity, message.incident, `to ${to}`]
    .filter(part => part !== undefined)
    .join(' · ');
  const body = [
    ...wrapped(message.subject, WIDTH - 2),
    ...(message.text === '' ? [] : ['', ...wrapped(message.text, WIDTH - 2)]),
    ...(message.url === undefined ? [] : ['', message.url]),
  ];
  const title = head.slice(0, WIDTH - 4);
  return [
    '',
    `┌─ ${title} ${'─'.repeat(Math.max(0, WIDTH - 3 - title.length))}`,
    ...body.map(line => `│ ${line}`.trimEnd()),
    `└${'─'.repeat(WIDTH)}`,
    '',
  ].join('\n');
}

function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap(line => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + 1 + word.length > width) {
        lines.push(current);
        current = '';
      }
      current = current === '' ? word : `${current} ${word}`;
      while (current.length > width) {
        lines.push(current.slice(0, width));
        current = current.slice(width);
      }
    }
    return [...lines, current];
  });
}
