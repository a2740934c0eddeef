/** Text that came from elsewhere, as Markdown that cannot change the document's structure. */

/** One line of plain text: no line breaks, control characters or HTML. */
export function oneLine(text: string, limit: number): string {
  const flat = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .replace(/`[^`]*`|</g, found => (found === '<' ? '&lt;' : found));
  return flat.length <= limit ? flat : `${flat.slice(0, limit - 1)}…`;
}

/** Inline code. A backtick within becomes an apostrophe, as code cannot hold one simply. */
export function code(text: string, limit = 400): string {
  const flat = text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replaceAll('`', "'")
    .trim();
  return `\`${flat.length <= limit ? flat : `${flat.slice(0, limit - 1)}…`}\``;
}

/** A code block whose fence is longer than any run of backticks in it. */
export function fence(language: string, text: string, limit = 4_000): string {
  const body = text
    .replace(/(?!\n|\t)\p{Cc}/gu, '')
    .trim()
    .slice(0, limit);
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(run => run[0].length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${body}\n${marks}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => oneLine(cell, 300).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** A share as `12.3%`, with enough digits that a target of 99.95% stays one. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.1) return 'less than 0.1%';
  const text = value.toFixed(value > 99 && value < 100 ? 3 : 1);
  return `${text.replace(/\.?0+$/, '')}%`;
}
