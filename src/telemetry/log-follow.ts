import { z } from 'zod';
import { Fault, problemsOf } from '../kernel/index.ts';
import { logPredicate, type Matchable } from './log-query/match.ts';
import { parseLogQuery } from './log-query/parser.ts';
import { queryBounds, severityOf } from './log-query/query.ts';
import { logLevels } from './log-record.ts';

const LogTailQuestion = z.strictObject({
  query: z.string().max(queryBounds.characters).optional(),
  service: z.string().min(1).max(255).optional(),
  level: z.enum(logLevels).optional(),
});
/** What is followed, as it comes from outside: `query`, `service`, `level`. */
export type LogTailQuestion = Readonly<Record<string, string>>;

/** Which records agree. Throws `invalid` for a question that cannot be read. */
export function tailPredicate(asked: LogTailQuestion): (record: Matchable) => boolean {
  const parsed = LogTailQuestion.safeParse(asked);
  if (!parsed.success)
    throw new Fault('invalid', 'Logs cannot be followed so.', {
      problems: problemsOf(parsed.error, Object.keys(LogTailQuestion.shape)),
      hint: 'It takes query, service and level: nines logs tail --help.',
    });
  const { query = '', service, level } = parsed.data;
  const agrees = logPredicate(parseLogQuery(query));
  const least = level === undefined ? 0 : severityOf(level);
  return record =>
    (service === undefined || record.service === service) && record.severity >= least && agrees(record);
}
