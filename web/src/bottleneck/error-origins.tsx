import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { type Column, DataTable } from '../data-table.tsx';
import { count } from '../figure.ts';
import { Section } from '../section.tsx';
import type { Bottleneck } from './bottleneck.ts';

const COLUMNS: readonly Column<Bottleneck['errorOrigins'][number]>[] = [
  { key: 'requests', head: 'Requests', figure: true, cell: ({ requests }) => count(requests) },
  {
    key: 'origin',
    head: 'Began in',
    cell: one => (
      <Anchor component={Link} href={`/traces/${one.exampleTraceId}`} size="sm">
        {one.service} {one.operation}
      </Anchor>
    ),
  },
  {
    key: 'error',
    head: 'With',
    cell: ({ error, requests, reachRoot }) => (
      <>
        {error}
        {requests > reachRoot && (
          <Text size="xs" c="dimmed">
            {requests - reachRoot} of them did not fail the callers
          </Text>
        )}
      </>
    ),
  },
];

/** In which span failed requests began to fail. */
export function ErrorOrigins({ found: { failed, errorOrigins } }: { found: Bottleneck }) {
  if (failed.requests === 0) return null;
  return (
    <Section
      title="Where errors begin"
      icon="alert"
      aside={
        <Text size="xs" c="dimmed">
          {count(failed.requests)} failed, {count(failed.lookedAt)} looked at
        </Text>
      }
    >
      <DataTable
        label="Where errors begin"
        columns={COLUMNS}
        rows={errorOrigins}
        keyOf={one => `${one.service}${one.operation}${one.error}`}
      />
    </Section>
  );
}
