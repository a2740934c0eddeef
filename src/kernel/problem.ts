import type { z } from 'zod';
import { formatProblem, type Problem } from './fault.ts';
import { sentenceOf } from './issue-sentence.ts';

/**
 * zod's issues as problems: field paths with dots, one sentence each. `known` are the names that would have been right at
 * the top, for the nearest of them to be named beside one that is not known.
 */
export function problemsOf(error: z.core.$ZodError, known: readonly string[] = []): Problem[] {
  return error.issues.flatMap(issue => {
    const field = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ field, message: sentenceOf(issue) }];
    return issue.keys.map(key => {
      const near = field === '' ? nearest(key, known) : undefined;
      return {
        field: field === '' ? key : `${field}.${key}`,
        message: `unknown field '${key.slice(0, 80)}'`,
        ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
      };
    });
  });
}

/** The same in one line, for a sentence about a thing of another's making. */
export function problemsText(error: z.core.$ZodError): string {
  return problemsOf(error).map(formatProblem).join('; ');
}

/** The known name that is nearest to a mistyped one, if one is near: at most a third of its letters differ. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map(candidate => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined || name.length > 64) return undefined;
  return best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** Letters to insert, take away, replace, or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 32) return 33;
  let earlier: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          row[j]! + 1,
          next[j - 1]! + 1,
          replaced,
          swapped ? earlier[j - 2]! + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    earlier = row;
    row = next;
  }
  return row[b.length]!;
}
