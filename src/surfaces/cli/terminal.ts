import type { Writable } from 'node:stream';
import { stripVTControlCharacters, styleText } from 'node:util';

/** Where the command line writes, and what it knows of its surroundings. */
export interface Terminal {
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
  env: Readonly<Record<string, string | undefined>>;
}

type Style = 'bold' | 'dim' | 'red' | 'cyan';

/** Styles text for a stream: only on a terminal, and never against NO_COLOR (https://no-color.org) or --no-color. */
export function createStyle(
  stream: Terminal['stdout'],
  { env, color }: { env: Terminal['env']; color: boolean },
) {
  const on = color && stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return (style: Style, text: string): string =>
    on ? styleText(style, text, { validateStream: false }) : text;
}

/** Columns to fill: the terminal's, between 40 and 100; 80 where there is none. */
export function widthOf(stream: Terminal['stdout']): number {
  return Math.max(40, Math.min(100, stream.columns ?? 80));
}

/**
 * Text that is safe on a terminal. What Nines shows may quote a system's own words, and those could carry escape
 * sequences that move the cursor or rename the window.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

/** A value as JSON that is safe on a terminal: JSON leaves the controls beyond ASCII as they are (U+009B begins an escape). */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f]/g,
    character => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

/** Breaks text at spaces to a width; every line after the first is indented by `indent` columns. */
export function wrap(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      const room = width - indent;
      if (line !== '' && line.length + 1 + word.length > room) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** A fault's text for a width: each line hangs under its own indent; a quoted query stays above its caret. */
export function wrapFault(text: string, width: number): string {
  const lines = text.split('\n');
  return lines
    .map((line, index) => {
      if (/^ +\^$/.test(lines[index + 1] ?? '') || line.length <= width) return line;
      const [lead = ''] = /^ *(?:→ )?/.exec(line) ?? [];
      const hang = lead.length === 0 ? 2 : lead.length;
      return `${lead}${wrap(line.slice(lead.length), width, hang)}`;
    })
    .join('\n');
}

const SLOW_MS = 700;
const EVERY_MS = 200;
const FRAMES = ['|', '/', '-', '\\'];

/** Shows on a terminal that long work goes on, with its seconds. The returned function takes it away again. */
export function showProgress(stream: Terminal['stderr'], what: string): () => void {
  if (stream.isTTY !== true) return () => {};
  const started = performance.now();
  let turn = 0;
  let shown = false;
  const timer = setInterval(() => {
    const ms = performance.now() - started;
    if (ms < SLOW_MS) return;
    shown = true;
    stream.write(`\r\x1b[K${FRAMES[turn++ % FRAMES.length]} ${what} … ${Math.floor(ms / 1000)} s`);
  }, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (shown) stream.write('\r\x1b[K');
  };
}
