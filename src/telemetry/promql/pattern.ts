import { RE2JS } from 're2js';
import type { Matcher } from './ast.ts';
import { failed } from './promql-error.ts';

/** Longest pattern that is compiled, in UTF-16 units. */
const longestPattern = 16 * 1024;
/** How many patterns are kept compiled, and how many answers each remembers. */
const keptPatterns = 500;
const keptAnswers = 20_000;

export type Test = (value: string) => boolean;

const special = /[\\^$.|?*+()[\]{}]/;

/** `a|b|c` or `(a|b)` of plain words, `x.*`, `.+`: what most selectors are, without a regex engine. */
function plainTest(pattern: string): Test | undefined {
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return value => value !== '';
  if (!special.test(pattern)) return value => value === pattern;
  const grouped = /^\((?:\?:)?([^()]*)\)$/.exec(pattern)?.[1] ?? pattern;
  const words = grouped.split('|');
  if (words.every(word => !special.test(word))) {
    const set = new Set(words);
    return value => set.has(value);
  }
  const affix = /^(\.[*+])?([^\\^$.|?*+()[\]{}]+)(\.[*+])?$/.exec(pattern);
  if (!affix) return undefined;
  const [, before, word, after] = affix;
  const text = word!;
  const least = text.length + (before === '.+' ? 1 : 0) + (after === '.+' ? 1 : 0);
  return value => {
    if (value.length < least) return false;
    if (before && after) {
      const from = before === '.+' ? 1 : 0;
      const found = value.indexOf(text, from);
      return found >= 0 && found + text.length + (after === '.+' ? 1 : 0) <= value.length;
    }
    return before ? value.endsWith(text) : value.startsWith(text);
  };
}

function compile(pattern: string): RE2JS {
  if (pattern.length > longestPattern)
    throw failed(`regular expression is longer than ${longestPattern} characters`);
  // Prometheus anchors every pattern and lets a dot match a newline.
  return RE2JS.compile(`^(?s:${pattern})$`);
}

const tests = new Map<string, Test>();

/** A test for RE2 patterns, anchored at both ends, in time linear in the value. */
export function patternTest(pattern: string): Test {
  const known = tests.get(pattern);
  if (known) return known;
  const test = plainTest(pattern) ?? remembered(compile(pattern));
  if (tests.size >= keptPatterns) tests.delete(tests.keys().next().value!);
  tests.set(pattern, test);
  return test;
}

function remembered(regex: RE2JS): Test {
  const answers = new Map<string, boolean>();
  return value => {
    let answer = answers.get(value);
    if (answer === undefined) {
      answer = regex.test(value);
      if (answers.size >= keptAnswers) answers.clear();
      answers.set(value, answer);
    }
    return answer;
  };
}

/** Whether RE2 takes the pattern. */
export function isMatcherPattern(pattern: string): boolean {
  try {
    patternTest(pattern);
    return true;
  } catch {
    return false;
  }
}

/** A matcher as a test on the label's value (the empty string when the label is absent). */
export function matcherOf(matcher: Matcher): Test {
  const { value } = matcher;
  if (matcher.op === '=') return candidate => candidate === value;
  if (matcher.op === '!=') return candidate => candidate !== value;
  const test = patternTest(value);
  return matcher.op === '=~' ? test : candidate => !test(candidate);
}

/** Whether all matchers agree with a set of labels. */
export function matchersTest(
  matchers: readonly Matcher[],
): (labels: Readonly<Record<string, string>>) => boolean {
  const tests = matchers.map(matcher => [matcher.name, matcherOf(matcher)] as const);
  return labels => tests.every(([name, test]) => test(labels[name] ?? ''));
}

/** `label_replace`: rewrites a value that the whole pattern matches; undefined when it does not match. */
export function replacer(pattern: string, template: string): (value: string) => string | undefined {
  const regex = compile(pattern);
  const parts = template.split(/\$(\$|\w+|\{\w+\})/);
  const names = regex.namedGroups();
  return value => {
    const match = regex.matcher(value);
    if (!match.matches()) return undefined;
    let out = '';
    for (const [index, part] of parts.entries()) {
      if (index % 2 === 0) out += part;
      else if (part === '$') out += '$';
      else {
        const name = part.replace(/^\{|\}$/g, '');
        if (/^\d+$/.test(name)) {
          const group = Number(name);
          if (group <= match.groupCount()) out += match.group(group) ?? '';
        } else if (Object.hasOwn(names, name)) out += match.group(name) ?? '';
      }
    }
    return out;
  };
}
