import { Alert, Code, Text } from '@mantine/core';
import { Failure } from '../answer.tsx';
import { ApiError } from '../api.ts';

/** What is wrong with a query: the line, with a sign under the place where reading it ended. */
export function QueryProblem({ query, error }: { query: string; error: Error }) {
  const place = placeOf(error.message);
  if (!(error instanceof ApiError) || error.code !== 'invalid' || place === undefined)
    return <Failure error={error} />;
  const { line, column } = place;
  const text = query.split('\n')[line - 1] ?? '';
  // As much as fits a phone stands around the place.
  const cut = Math.max(0, column - 1 - AROUND);
  const seen = text.slice(cut, cut + 2 * AROUND);
  return (
    <Alert color="orange" title="This query cannot be read" role="alert">
      <Code block>
        {`${cut > 0 ? '…' : ''}${seen}\n${' '.repeat(column - 1 - cut + (cut > 0 ? 1 : 0))}▲`}
      </Code>
      <Text size="sm" mt={6}>
        {error.message.split('\n')[0]}
      </Text>
      {error.hint !== undefined && (
        <Text size="sm" mt={4}>
          → {error.hint}
        </Text>
      )}
    </Alert>
  );
}

const AROUND = 24;

/** PromQL's errors begin with `1:23:`, those of the log query say `column 23`. */
function placeOf(message: string): { line: number; column: number } | undefined {
  const [, line, at] = /^(\d+):(\d+):/.exec(message) ?? [];
  if (line !== undefined && at !== undefined) return { line: Number(line), column: Number(at) };
  const [, column] = /\bcolumn (\d+)\b/.exec(message) ?? [];
  return column === undefined ? undefined : { line: 1, column: Number(column) };
}
