import type { Problem } from '../kernel/index.ts';

/**
 * Words that judge people, and what to say of the system instead. A postmortem asks what let it happen, not who did it
 * (Site Reliability Engineering, chapter 15, "Postmortem Culture").
 */
const BLAME: readonly { pattern: string; instead: string }[] = [
  { pattern: String.raw`human[\s-]+errors?`, instead: 'gap in the system' },
  { pattern: String.raw`operator[\s-]+errors?`, instead: 'gap in the system' },
  { pattern: String.raw`user[\s-]+errors?`, instead: 'gap in the system' },
  { pattern: String.raw`should\s+have\s+known(?:\s+better)?`, instead: 'could not see' },
  { pattern: String.raw`(?:whose|their|his|her|your|my)\s+fault`, instead: 'a cause' },
  { pattern: String.raw`at\s+fault`, instead: 'involved' },
  { pattern: String.raw`to\s+blame`, instead: 'involved' },
  { pattern: 'blame(?:d|s|worthy)?', instead: 'trace' },
  { pattern: 'blaming', instead: 'tracing' },
  { pattern: 'careless(?:ly|ness)?', instead: 'unguarded' },
  { pattern: 'reckless(?:ly|ness)?', instead: 'unguarded' },
  { pattern: 'negligen(?:t|tly|ce)', instead: 'unguarded' },
  { pattern: 'incompeten(?:t|tly|ce)', instead: 'unprepared' },
  { pattern: 'stupid(?:ly|ity)?', instead: 'unexpected' },
  { pattern: 'idiot(?:s|ic)?', instead: 'unexpected' },
  { pattern: 'dumb', instead: 'unexpected' },
  { pattern: 'lazy|laziness', instead: 'unattended' },
  { pattern: 'slopp(?:y|ily|iness)', instead: 'unguarded' },
  { pattern: 'culprits?', instead: 'cause' },
  { pattern: 'guilty', instead: 'involved' },
  { pattern: String.raw`screwed\s+up|messed\s+up|botched`, instead: 'went wrong' },
  { pattern: String.raw`forgot(?:ten)?\s+to`, instead: 'did not' },
  { pattern: String.raw`neglected\s+to`, instead: 'did not' },
];
const EDGE_BEFORE = String.raw`(?<![\p{L}\p{N}_])`;
const EDGE_AFTER = String.raw`(?![\p{L}\p{N}_])`;
const ANY_BLAME = new RegExp(
  `${EDGE_BEFORE}(?:${BLAME.map(each => each.pattern).join('|')})${EDGE_AFTER}`,
  'giu',
);
const MAIL = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+/giu;

export interface BlamelessOptions {
  /** Names of people, which stand for their roles: name → role. */
  people?: Readonly<Record<string, string>>;
}

/**
 * What in a text is about people rather than systems, with line and column. Quoted code (backticks and fences) is what
 * systems wrote, and is left alone; so is the word "blameless".
 */
export function blameProblems(markdown: string, { people = {} }: BlamelessOptions = {}): Problem[] {
  const problems: Problem[] = [];
  withoutCode(markdown)
    .split('\n')
    .forEach((line, index) => {
      const place = (column: number) => ({ file: 'postmortem', line: index + 1, column: column + 1 });
      for (const found of line.matchAll(ANY_BLAME))
        problems.push({
          message: `"${found[0]}" judges people; say what the system allowed or did not show.`,
          place: place(found.index),
          hint: `for example "${insteadOf(found[0])}"`,
        });
      for (const [name, role] of Object.entries(people))
        for (const found of line.matchAll(nameOf(name)))
          problems.push({
            message: 'A person is named; use the role.',
            place: place(found.index),
            hint: `for example "${role}"`,
          });
      for (const found of line.matchAll(MAIL))
        problems.push({ message: 'A person is named by address; use the role.', place: place(found.index) });
    });
  return problems;
}

/** The same text about systems and roles: names become roles, judging words become plain ones. */
export function blameless(text: string, { people = {} }: BlamelessOptions = {}): string {
  let plain = text.replace(MAIL, 'a responder');
  for (const [name, role] of Object.entries(people)) plain = plain.replace(nameOf(name), role);
  // A replacement can put two halves of a judging word together; what is left after some turns is taken out.
  for (let turn = 0; turn < 4 && plain.search(ANY_BLAME) !== -1; turn++)
    plain = plain.replace(ANY_BLAME, found => insteadOf(found));
  return plain.replace(ANY_BLAME, '…');
}

function insteadOf(found: string): string {
  const match = BLAME.find(({ pattern }) => new RegExp(`^(?:${pattern})$`, 'iu').test(found));
  return match?.instead ?? 'a gap in the system';
}

function nameOf(name: string): RegExp {
  return new RegExp(`${EDGE_BEFORE}${RegExp.escape(name)}${EDGE_AFTER}`, 'giu');
}

/** Code replaced by spaces, so that places stay right. */
function withoutCode(markdown: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, ' ');
  return markdown.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, blank).replace(/`[^`\n]*`/g, blank);
}
