import { Anchor, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { milliseconds, percent } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { span, useNow } from '../time.tsx';
import type { Probe } from './probe.ts';
import { ProbeStatus } from './status.tsx';

const PROBES_MS = 10_000;
/** A certificate that ends within this is worth a look. */
const SOON_MS = 14 * 86_400_000;

/** What is looked at from outside, and the jobs that must run: what is wrong first. */
export function ProbeList() {
  const asked = useOperation('probe.list', {}, { everyMs: PROBES_MS });
  const now = useNow(10_000);
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3">
          Probes
        </Title>
        <Text size="sm" c="dimmed">
          What answers when it is asked from outside, and the jobs that must run.
        </Text>
      </div>
      <Answer query={asked} height={240}>
        {({ probes }) => (
          <Paper withBorder p="md">
            {probes.length === 0 ? (
              <Nothing
                what="No probe is declared yet."
                next="Declare one as a Probe (nines/v1): HTTP, TCP, DNS, TLS, or a heartbeat of a job; then"
                command="nines apply FOLDER"
              />
            ) : (
              <Table.ScrollContainer minWidth={640}>
                <Table fz="sm" verticalSpacing={6} aria-label="Probes" highlightOnHover>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>State</Table.Th>
                      <Table.Th>Probe</Table.Th>
                      <Table.Th ta="right">Last</Table.Th>
                      <Table.Th ta="right">Took</Table.Th>
                      <Table.Th ta="right">24 hours</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {probes.map(probe => (
                      <Row key={probe.name} probe={probe} now={now} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )}
          </Paper>
        )}
      </Answer>
    </Stack>
  );
}

function Row({ probe, now }: { probe: Probe; now: number }) {
  const { name, displayName, service, kind, instance, status, since, why, lastAt, durationMs } = probe;
  const ends = probe.certificateEndsAt;
  return (
    <Table.Tr>
      <Table.Td>
        <ProbeStatus status={status} />
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Anchor component={Link} href={`/probes/${encodeURIComponent(name)}`} size="sm" fw={600}>
          {displayName}
        </Anchor>
        <Text size="xs" c="dimmed">
          {service} · {kind === 'heartbeat' ? 'job' : kind.toUpperCase()} {instance}
        </Text>
        {(why !== undefined || since !== undefined) && (
          <Text size="xs" c="dimmed" mt={2} style={{ overflowWrap: 'anywhere' }}>
            {[why?.replace(/\.$/, ''), since === undefined ? undefined : `for ${span(since, now)}`]
              .filter(part => part !== undefined)
              .join(', ')}
          </Text>
        )}
        {ends !== undefined && Date.parse(ends) - now < SOON_MS && (
          <Text
            size="xs"
            fw={600}
            c="light-dark(var(--mantine-color-orange-9), var(--mantine-color-orange-4))"
          >
            {Date.parse(ends) < now
              ? `Its certificate ended ${ends.slice(0, 10)}`
              : `Its certificate ends in ${span(new Date(now).toISOString(), ends)}`}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {lastAt === undefined ? 'never' : `${span(lastAt, now)} ago`}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {durationMs === undefined ? '–' : milliseconds(durationMs)}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {probe.uptime24h === null ? 'not known' : percent(probe.uptime24h)}
      </Table.Td>
    </Table.Tr>
  );
}
