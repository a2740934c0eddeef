/**
 * Log templates beside published parsers, on the labelled lines of loghub (2,000 lines a system). Grouping accuracy
 * (GA): the share of lines whose group is exactly the true group of lines. One configuration serves all systems.
 *
 *   npm run bench -- logs [folder]      default: ../shared/data/loghub2k/dev beside the project
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { current, TemplateMiner, templateText } from '../src/telemetry/log-template.ts';

/** Means over the dev systems and over all sixteen, as the data's README gives them. */
const published: readonly (readonly [parser: string, dev: readonly number[], all: readonly number[]])[] = [
  ['Brain, tuned per system', [0.959, 0.911, 0.48, 0.443], [0.965, 0.928, 0.387, 0.435]],
  ['Drain, tuned per system', [0.928, 0.869, 0.499, 0.399], [0.872, 0.751, 0.4, 0.344]],
  ['Drain3, its example masking', [0.922, 0.87, 0.544, 0.539], [0.785, 0.78, 0.42, 0.467]],
  ['Drain3, defaults', [0.902, 0.847, 0.526, 0.382], [0.749, 0.742, 0.337, 0.302]],
];
const drain3LinesPerSecond = { masked: 53_000, unmasked: 101_000 };
/** Lines of a system are mined this often for its speed, so that one run is long enough to be measured. */
const rounds = 15;

const folder =
  process.argv.slice(2).find(arg => !arg.startsWith('-') && arg !== 'logs') ??
  join(import.meta.dirname, '..', '..', 'shared', 'data', 'loghub2k', 'dev');

interface Labelled {
  content: string;
  event: string;
  template: string;
}

function systemsOf(path: string): string[] {
  const found = existsSync(path)
    ? readdirSync(path)
        .filter(file => file.endsWith('.truth.csv.gz'))
        .map(file => file.slice(0, -'.truth.csv.gz'.length))
        .sort()
    : [];
  if (found.length > 0) return found;
  console.error(
    `error: ${path} holds no labelled logs (*.truth.csv.gz of loghub).\n  → Name their folder: npm run bench -- logs FOLDER`,
  );
  process.exit(1);
}

function labelled(system: string): Labelled[] {
  const text = gunzipSync(readFileSync(join(folder, `${system}.truth.csv.gz`))).toString('utf8');
  const [head = [], ...rows] = csv(text);
  const column = (name: string) => head.indexOf(name);
  const [content, event, template] = [column('Content'), column('EventId'), column('EventTemplate')];
  return rows.map(row => ({ content: row[content]!, event: row[event]!, template: row[template]! }));
}

/** RFC 4180. */
function csv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (let found = cell.exec(text); found !== null && found.index < text.length; found = cell.exec(text)) {
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] !== ',') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

interface Scores {
  ga: number;
  fga: number;
  pa: number;
  fta: number;
}

/** The four measures of the data's README. */
function scored(truth: readonly Labelled[], predicted: readonly { group: unknown; text: string }[]): Scores {
  const trueGroups = Map.groupBy(truth.keys(), line => truth[line]!.event);
  const groups = Map.groupBy(predicted.keys(), line => predicted[line]!.group);
  let lines = 0;
  let right = 0;
  let exact = 0;
  for (const members of groups.values()) {
    const { event, template } = truth[members[0]!]!;
    const whole = members.every(line => truth[line]!.event === event);
    if (whole && trueGroups.get(event)!.length === members.length) {
      lines += members.length;
      right += 1;
    }
    if (
      members.every(line => truth[line]!.template === template) &&
      predicted[members[0]!]!.text === template
    )
      exact += 1;
  }
  const f1 = (good: number) => (2 * good) / (groups.size + trueGroups.size);
  return {
    ga: lines / truth.length,
    fga: f1(right),
    pa: predicted.filter(({ text }, line) => text === truth[line]!.template).length / truth.length,
    fta: f1(exact),
  };
}

/** What kind of value a wildcard stands for is more than the truth tells. */
function plain(text: string): string {
  return text.replace(/<(?:num|time|ip|uuid|hex|host|mail|url|path|text)>/g, '<*>');
}

function mined(lines: readonly Labelled[]): { group: unknown; text: string }[] {
  const miner = new TemplateMiner();
  const found = lines.map(({ content }) => miner.add(content));
  return found.map(current).map(template => ({ group: template, text: plain(templateText(template)) }));
}

/** The lines several times over, each time with other digits: values that were seen before would be cheap. */
function speed(lines: readonly Labelled[]): number {
  const contents = Array.from({ length: rounds }, (_, round) =>
    lines.map(({ content }) => content.replace(/\d/g, digit => String((Number(digit) * 7 + round) % 10))),
  ).flat();
  const miner = new TemplateMiner();
  const began = process.cpuUsage();
  for (const content of contents) miner.add(content);
  const { user, system } = process.cpuUsage(began);
  return contents.length / ((user + system) / 1e6);
}

const figure = (value: number) => value.toFixed(3);
const row = (name: string, scores: readonly number[], rest = '') =>
  console.log(
    `${name.padEnd(32)}${scores.map(value => figure(value).padStart(8)).join('')}${rest.padStart(14)}`,
  );

const systems = systemsOf(folder);
console.log(`${systems.length} systems of ${folder}; one configuration for all\n`);
console.log(
  `${''.padEnd(32)}${['GA', 'FGA', 'PA', 'FTA'].map(name => name.padStart(8)).join('')}${'lines/CPU s'.padStart(14)}`,
);
const all: Scores[] = [];
const rates: number[] = [];
for (const system of systems) {
  const lines = labelled(system);
  const scores = scored(lines, mined(lines));
  const rate = speed(lines);
  all.push(scores);
  rates.push(rate);
  row(system, Object.values(scores), Math.round(rate).toLocaleString('en'));
}
const mean = (pick: (scores: Scores) => number) =>
  all.reduce((sum, scores) => sum + pick(scores), 0) / all.length;
const harmonic = rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
row(
  'mean',
  [mean(one => one.ga), mean(one => one.fga), mean(one => one.pa), mean(one => one.fta)],
  Math.round(harmonic).toLocaleString('en'),
);
console.log('\nPublished, means over the 8 dev systems | over all 16 (GA FGA PA FTA)');
for (const [parser, dev, whole] of published)
  console.log(
    `${parser.padEnd(32)}${[...dev].map(value => figure(value).padStart(8)).join('')}  |${whole.map(value => figure(value).padStart(7)).join('')}`,
  );
console.log(
  `Drain3: ${drain3LinesPerSecond.masked.toLocaleString('en')} lines a second masked, ${drain3LinesPerSecond.unmasked.toLocaleString('en')} unmasked (another machine's figures: the README's, two cores).`,
);
