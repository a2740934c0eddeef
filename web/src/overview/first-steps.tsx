import { Anchor, Code, Group, Stack, Text, ThemeIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useOperation } from '../api.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';

/** What to do in the first hour, until an objective is declared; what is done already is ticked. */
export function FirstSteps() {
  const sending = useOperation('telemetry.services', { last: '1h' }, { everyMs: 10_000 });
  const oncall = useOperation('oncall.now', {}, { everyMs: 60_000 });
  // Nines sends its own traces: what matters is what others send.
  const senders = [...new Set(sending.data?.services.map(({ service }) => service))].filter(
    name => name !== 'nines',
  );
  const first = senders[0];
  return (
    <Section title="First steps" icon="flag">
      <Stack component="ol" gap="md" m={0} p={0} style={{ listStyle: 'none' }}>
        <Step title="Send telemetry" done={first !== undefined}>
          {first === undefined ? (
            <>
              <Text size="sm" c="dimmed">
                Anything that is instrumented with OpenTelemetry sends here with
              </Text>
              <Code block>
                {`OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
              </Code>
              <Text size="sm" c="dimmed">
                What arrives is seen under{' '}
                <Anchor component={Link} href="/telemetry" size="sm">
                  Telemetry
                </Anchor>
                . Prometheus can write to it or be asked instead.
              </Text>
            </>
          ) : (
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {senders.slice(0, 5).join(', ')}
              {senders.length > 5 ? ` and ${senders.length - 5} more` : ''} sent some within the last hour.
            </Text>
          )}
        </Step>
        <Step title="Promise something" done={false}>
          <Text size="sm" c="dimmed">
            See{' '}
            <Anchor
              component={Link}
              href={first === undefined ? '/suggest' : `/suggest?service=${encodeURIComponent(first)}`}
              size="sm"
            >
              which objectives fit what a service exports
            </Anchor>
            , put them into a folder and declare it:
          </Text>
          <Code style={{ width: 'fit-content' }}>nines apply FOLDER</Code>
        </Step>
        <Step title="Say who is called" done={(oncall.data?.shifts.length ?? 0) > 0}>
          <Text size="sm" c="dimmed">
            A Team, a Schedule and a Route in the same folder: until then a page reaches nobody.
          </Text>
        </Step>
      </Stack>
    </Section>
  );
}

function Step({ title, done, children }: { title: string; done: boolean; children: ReactNode }) {
  return (
    <Group component="li" gap="sm" wrap="nowrap" align="flex-start">
      <ThemeIcon size={24} radius="xl" variant="light" color={done ? 'teal' : 'gray'}>
        <Icon name={done ? 'check' : 'right'} size={14} />
      </ThemeIcon>
      <Stack gap={4} style={{ minWidth: 0, flex: 1 }}>
        <Text size="sm" fw={600}>
          {title}
          {done && ': done'}
        </Text>
        {children}
      </Stack>
    </Group>
  );
}
