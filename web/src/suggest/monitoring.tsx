import { Anchor, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { SeverityBadge } from '../slo/severity.tsx';
import { FileText } from './file-text.tsx';
import { Missing } from './missing.tsx';

type Alert = OutputOf<'monitor.suggest'>['alerts'][number];

/** Alerts on the golden signals of a service, recording rules and a dashboard. */
export function Monitoring({ service }: { service: string }) {
  const asked = useOperation('monitor.suggest', { service });
  return (
    <Answer query={asked} height={420}>
      {({ alerts, rules, dashboard, missing, objectives }) => (
        <Stack gap="md">
          <Text size="sm">
            {objectives.length === 0
              ? 'It has no objective: begin with those. '
              : `Its objectives page by burn already: ${objectives.join(', ')}. `}
            <Anchor component={Link} href={`/services?service=${encodeURIComponent(service)}`} size="sm">
              Its golden signals, now
            </Anchor>
          </Text>
          <Section title="Alerts" icon="bell">
            {alerts.length === 0 ? (
              <Nothing
                icon="question"
                what={`Nothing that ${service} exports can be alerted on.`}
                next={
                  missing.length === 0
                    ? 'Check the name of the service.'
                    : 'What is missing, and how it is had, stands below.'
                }
              />
            ) : (
              <DataTable
                label="Suggested alerts"
                columns={COLUMNS}
                rows={alerts}
                keyOf={({ name }) => name}
                minWidth={290}
              />
            )}
          </Section>
          <Missing missing={missing} />
          {alerts.length > 0 && (
            <>
              <Section title="As Prometheus rules" icon="code">
                <FileText name={`${service}-rules.yaml`} text={rules} type="application/yaml" />
              </Section>
              <Section title="As a Grafana dashboard" icon="gauge">
                <FileText
                  name={`${service}-dashboard.json`}
                  text={JSON.stringify(dashboard, null, 2)}
                  type="application/json"
                />
              </Section>
            </>
          )}
        </Stack>
      )}
    </Answer>
  );
}

const COLUMNS: readonly Column<Alert>[] = [
  {
    key: 'does',
    head: 'Does',
    width: 96,
    cell: ({ severity }) => <SeverityBadge severity={severity} />,
  },
  {
    key: 'alert',
    head: 'Alert',
    least: 190,
    cell: ({ name, summary, reason, runbook }) => (
      <div style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="sm">{summary}</Text>
        <Text size="xs" c="dimmed">
          {reason}
        </Text>
        <Text size="xs" c="dimmed">
          Runbook: {runbook}
        </Text>
      </div>
    ),
  },
  { key: 'signal', head: 'Signal', from: 'sm', cell: ({ signal }) => signal },
  {
    key: 'held',
    head: 'Held last week',
    from: 'sm',
    title: 'For how long its condition held in the last week',
    figure: true,
    cell: ({ heldMinutes }) =>
      heldMinutes === null ? 'not known' : heldMinutes === 0 ? 'never' : `${Math.round(heldMinutes)} min`,
  },
];
