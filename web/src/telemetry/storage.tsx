import { Alert, List, Progress, Stack, Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { bytes, count } from '../figure.ts';
import { Section } from '../section.tsx';

type Storage = OutputOf<'telemetry.storage'>;
const STORAGE_MS = 30_000;

/** What is stored of each signal, how much of the disk it takes, and what was given up of it. */
export function StorageCard() {
  const asked = useOperation('telemetry.storage', {}, { everyMs: STORAGE_MS });
  return (
    <Section title="What is stored" icon="database">
      <Answer query={asked} height={260}>
        {storage => (
          <Stack gap="md">
            <Refused storage={storage} />
            <Disk storage={storage} />
            <Signals storage={storage} />
            <Shed storage={storage} />
          </Stack>
        )}
      </Answer>
    </Section>
  );
}

function Refused({ storage: { signals, disk } }: { storage: Storage }) {
  const refused = signals.filter(one => one.refused).map(({ signal }) => signal);
  if (refused.length === 0 && disk.shortBytes === 0) return null;
  return (
    <Alert
      color="red"
      title={
        refused.length === 0
          ? `${bytes(disk.shortBytes)} too much is stored`
          : `No ${refused.join(', no ')} are taken at the moment`
      }
    >
      <Text size="sm">{disk.why === '' ? 'The disk is too full.' : disk.why}</Text>
    </Alert>
  );
}

function Disk({ storage: { disk, bytes: own } }: { storage: Storage }) {
  const { freeBytes, totalBytes, keepFreeBytes, atMost, order } = disk;
  const share = totalBytes > 0 ? (100 * (totalBytes - freeBytes)) / totalBytes : 0;
  const words = `${bytes(freeBytes)} of ${bytes(totalBytes)} are free`;
  return (
    <div>
      <Text size="sm" fw={600}>
        {bytes(own)} of telemetry{atMost === undefined ? '' : `, at most ${atMost}`}; {words}
      </Text>
      <Progress
        value={share}
        color={freeBytes < 2 * keepFreeBytes ? 'orange.6' : 'cyan.6'}
        size="md"
        my={6}
        aria-label={words}
      />
      <Text size="xs" c="dimmed">
        {bytes(keepFreeBytes)} are kept free. Before the disk is full, the oldest is given up, with an alert:
        first {order.join(', then ')}.
      </Text>
    </div>
  );
}

function Signals({ storage: { signals } }: { storage: Storage }) {
  return (
    <Table.ScrollContainer minWidth={460}>
      <Table fz="sm" verticalSpacing={6} aria-label="Signals">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Signal</Table.Th>
            <Table.Th ta="right">On disk</Table.Th>
            <Table.Th ta="right">Rows</Table.Th>
            <Table.Th>Since</Table.Th>
            <Table.Th>Kept for</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {signals.map(({ signal, bytes: taken, rows, oldest, retention }) => (
            <Table.Tr key={signal}>
              <Table.Td fw={600}>{signal}</Table.Td>
              <Table.Td ta="right">{bytes(taken)}</Table.Td>
              <Table.Td ta="right">{count(rows)}</Table.Td>
              <Table.Td>
                {oldest === undefined ? 'nothing is stored' : oldest.slice(0, 16).replace('T', ' ')}
              </Table.Td>
              <Table.Td>{retention ?? 'ever'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Shed({ storage: { shed } }: { storage: Storage }) {
  if (shed.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing was dropped before its time.
      </Text>
    );
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        Dropped before its time
      </Text>
      <List size="sm" spacing={2}>
        {shed.map(one => (
          <List.Item key={`${one.at}${one.signal}`}>
            {one.at.slice(0, 16).replace('T', ' ')} UTC: {bytes(one.bytes)} of {one.signal}, from{' '}
            {one.from.slice(0, 16).replace('T', ' ')} to {one.to.slice(0, 16).replace('T', ' ')}. {one.why}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
