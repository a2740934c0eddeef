import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { count } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span, useNow } from '../time.tsx';

const SENDERS_MS = 30_000;

/** Who sends traces, in which version, and when the last came. */
export function Senders() {
  const asked = useOperation('telemetry.services', { last: '1h' }, { everyMs: SENDERS_MS });
  const now = useNow(10_000);
  return (
    <Section title="Who sends traces, last hour" icon="server">
      <Answer query={asked} height={160}>
        {({ services }) =>
          services.length === 0 ? (
            <Nothing
              icon="question"
              what="No service sent a span in the last hour."
              next="Send OpenTelemetry to this server's address, /v1/traces."
            />
          ) : (
            <DataTable
              label="Senders"
              columns={columnsAt(now)}
              rows={services.flatMap(({ service, versions }) =>
                versions.map(version => ({ ...version, service })),
              )}
              keyOf={({ service, version }) => `${service}${version}`}
              minWidth={380}
            />
          )
        }
      </Answer>
    </Section>
  );
}

type Sender = OutputOf<'telemetry.services'>['services'][number]['versions'][number] & { service: string };

const columnsAt = (now: number): readonly Column<Sender>[] => [
  {
    key: 'service',
    head: 'Service',
    cell: ({ service }) => (
      <Anchor component={Link} href={`/explore/traces?service=${encodeURIComponent(service)}`} size="sm">
        {service}
      </Anchor>
    ),
  },
  {
    key: 'version',
    head: 'Version',
    cell: ({ version }) => (
      <Text span size="sm" ff="monospace">
        {version === '' ? '–' : version}
      </Text>
    ),
  },
  { key: 'spans', head: 'Spans', figure: true, cell: one => count(one.count) },
  { key: 'last', head: 'Last', figure: true, cell: ({ lastSeen }) => `${span(lastSeen, now)} ago` },
];
