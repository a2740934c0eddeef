const columnsShown = 70;

/** A line of a query, and under it a caret at an index of that line; what is long is shown around the place. */
export function caretLines(text: string, place: number): string {
  // Another server tells the place too, which may be none of the line.
  const at = Math.max(0, Math.min(place, text.length));
  const from = Math.max(0, Math.min(at - columnsShown / 2, text.length - columnsShown));
  const shown = text.slice(from, from + columnsShown).replace(/\s/g, ' ');
  const lead = from > 0 ? '…' : '';
  const tail = from + columnsShown < text.length ? '…' : '';
  return `  ${lead}${shown}${tail}\n  ${' '.repeat(lead.length + at - from)}^`;
}
