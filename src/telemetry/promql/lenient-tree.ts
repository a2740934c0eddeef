import type { Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { firstError } from './syntax-error.ts';

const strict = parser.configure({ strict: true });

/** How far behind a syntax error the text is looked at. */
const lookahead = 200;

/**
 * The tree of a text without syntax errors; else one with the first error in it. Lezer's recovery is slow on hostile
 * text, so it sees no more than leads to the error.
 */
function parse(text: string): Tree {
  try {
    return strict.parse(text);
  } catch (error) {
    const at = Number(/No parse at (\d+)/.exec(String(error))?.[1] ?? text.length);
    const tree = parser.parse(text.slice(0, at + lookahead));
    return firstError(tree) ? tree : parser.parse(text);
  }
}

/** How often a query is parsed again with a change. */
const mostChanges = 100;

/** The query with one change of equal length near a syntax error, or undefined when nothing is known to help there. */
function changed(text: string, error: number): string | undefined {
  const at = error + (/^\s*/.exec(text.slice(error))?.[0].length ?? 0);
  const call = text[at] === '(' ? /(?<![\w:])(step|range|min_of|max_of)\s*$/i.exec(text.slice(0, at)) : null;
  if (call) {
    const [, word] = call as unknown as [string, string];
    const lower = word.toLowerCase();
    // As functions of scalars min_of and max_of are newer than the grammar: stand-ins of six letters take their place.
    const instead = lower === word && lower.endsWith('_of') ? 'scalar' : lower;
    if (instead !== word) return text.slice(0, call.index) + instead + text.slice(call.index + word.length);
  }
  const upper = /^(?:step|range|min_of|max_of)(?=\s*\()/i.exec(text.slice(at))?.[0];
  if (upper && upper !== upper.toLowerCase()) {
    return text.slice(0, at) + upper.toLowerCase() + text.slice(at + upper.length);
  }
  // `2.` is a number for Prometheus.
  if (text[at] === '.' && /\d$/.test(text.slice(0, at)) && !/^\.\w/.test(text.slice(at))) {
    return `${text.slice(0, at)} ${text.slice(at + 1)}`;
  }
  return undefined;
}

/**
 * Lezer's tree of a query, where the grammar is narrower than Prometheus' own: duration functions in any case, `2.`,
 * and `min_of` and `max_of` as functions. Places stay right, as changes keep the length; names are to be read from the query itself.
 */
export function lenientTree(query: string): Tree {
  let text = query;
  let tree = parse(text);
  for (let i = 0; i < mostChanges; i++) {
    const error = firstError(tree);
    const next = error && changed(text, error.from);
    if (!next) break;
    text = next;
    tree = parse(text);
  }
  return tree;
}
