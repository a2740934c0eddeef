import { Alert, Code, Text } from '@mantine/core';
import { Failure } from '../answer.tsx';
import { ApiError } from '../api.ts';

/** What is wrong with a query: the line, with a sign under the place where reading it ended. */
export function QueryProblem({ query, error }: { query: string; error: Error }) {
  const [, line, column] = /\b(\d+):(\d+)\b/.exec(error.message) ?? [];
  if (!(error instanceof ApiError) || error.code !== 'invalid' || line === undefined || column === undefined)
    return <Failure error={error} />;
  const text = query.split('\n')[Number(line) - 1] ?? '';
  // As much as fits a phone stands around the place.
  const cut = Math.max(0, Number(column) - 1 - AROUND);
  const seen = text.slice(cut, cut + 2 * AROUND);
  return (
    <Alert color="orange" title="This query cannot be read" role="alert">
      <Code block>
        {`${cut > 0 ? '…' : ''}${seen}\n${' '.repeat(Number(column) - 1 - cut + (cut > 0 ? 1 : 0))}▲`}
      </Code>
      <Text size="sm" mt={6}>
        {error.message}
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
