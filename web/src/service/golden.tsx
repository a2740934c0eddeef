import { Anchor, Group, Progress, SimpleGrid, Spoiler, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { inUnit, milliseconds, percent, perSecond } from '../figure.ts';
import { metricsAddress } from '../metrics/query.ts';
import { Nothing } from '../nothing.tsx';

type Signals = OutputOf<'telemetry.golden'>;
const EVERY_MS = 5_000;

/** Latency, traffic, errors and saturation over the last five minutes. */
export function Golden({ service }: { service: string }) {
  const asked = useOperation('telemetry.golden', { service }, { everyMs: EVERY_MS });
  return (
    <Answer query={asked} height={140}>
      {signals => (
        <div>
          {signals.source === 'no_data' ? (
            <Nothing icon="question" what="No request was seen in the last five minutes." />
          ) : (
            <SimpleGrid cols={3} spacing="xs">
              <Figure
                label="Latency p99"
                value={signals.latency === undefined ? '–' : milliseconds(signals.latency.p99Ms)}
                more={signals.latency === undefined ? '' : `p50 ${milliseconds(signals.latency.p50Ms)}`}
              />
              <Figure
                label="Traffic"
                value={signals.traffic === undefined ? '–' : perSecond(signals.traffic.perSecond)}
                more="requests"
              />
              <Figure
                label="Errors"
                value={signals.errors === undefined ? '–' : percent(signals.errors.ratio)}
                more={signals.errors === undefined ? '' : `${signals.errors.count} requests`}
              />
            </SimpleGrid>
          )}
          <Saturation signals={signals} />
          <Missing signals={signals} />
        </div>
      )}
    </Answer>
  );
}

function Figure({ label, value, more }: { label: string; value: string; more: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={700} size="lg" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {more}
      </Text>
    </div>
  );
}

function Saturation({ signals: { saturation } }: { signals: Signals }) {
  if (saturation.length === 0)
    return (
      <Text size="sm" c="dimmed" mt="sm">
        Its saturation is not known: it sends no metric of a resource.
      </Text>
    );
  return (
    <div style={{ marginTop: 12 }}>
      <Text size="xs" c="dimmed" mb={4}>
        Saturation, highest of the last five minutes
      </Text>
      {saturation.map(({ resource, which, value, unit, limit, query, from }) => {
        const share = limit === undefined ? undefined : Math.min(1, value / limit);
        return (
          <div key={`${resource}${which ?? ''}`} style={{ marginBottom: 6 }}>
            <Group justify="space-between" gap="xs" wrap="nowrap">
              <Anchor
                component={Link}
                href={metricsAddress([query], { last: '1h' })}
                size="sm"
                c="var(--mantine-color-text)"
                underline="always"
                truncate
                title={`${which === undefined ? '' : `${which}; `}from ${from}: show it as a graph`}
              >
                {resource}
              </Anchor>
              <Text size="sm" style={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}>
                {inUnit(value, unit)}
                {limit === undefined || unit === 'ratio' ? '' : ` of ${inUnit(limit, unit)}`}
              </Text>
            </Group>
            {share !== undefined && (
              <Progress
                size="xs"
                value={share * 100}
                color={share > 0.9 ? 'red.6' : share > 0.7 ? 'orange.6' : 'teal.6'}
                aria-label={`${resource}: ${percent(share)} used`}
              />
            )}
          </div>
        );
      })}
    </div>
  );
}

/** What nothing tells of, and what would. */
function Missing({ signals: { missing } }: { signals: Signals }) {
  if (missing.length === 0) return null;
  return (
    <Spoiler
      maxHeight={20}
      showLabel="What would tell"
      hideLabel="Less"
      mt={6}
      styles={{ control: { fontSize: 'var(--mantine-font-size-xs)' } }}
    >
      <Text size="xs" c="dimmed">
        Not known: {missing.map(({ signal }) => signal).join(', ')}.
      </Text>
      {missing.map(({ signal, how }) => (
        <Text key={signal} size="xs" c="dimmed" mt={4}>
          {signal}: {how}
        </Text>
      ))}
    </Spoiler>
  );
}
