import { Anchor, Group, Paper, Text, ThemeIcon } from '@mantine/core';
import { Link } from 'wouter';
import type { OutputOf } from '../api.ts';
import { Icon, type IconName } from '../icon.tsx';
import type { Slo } from '../slo/slo.ts';

interface Saying {
  icon: IconName;
  color: string;
  title: string;
  text: string;
}

/** No incident is open: whether that means that all is well, or only that nobody knows. */
export function CalmOrNot({ slos, broken }: OutputOf<'slo.list'>) {
  const { icon, color, title, text } = sayingOf(slos, broken.length);
  return (
    <Paper withBorder p="lg" component="section" aria-label="State">
      <Group gap="md" wrap="nowrap">
        <ThemeIcon size={48} radius="xl" color={color} variant="light">
          <Icon name={icon} size={28} />
        </ThemeIcon>
        <div>
          <Text size="xl" fw={700}>
            {title}
          </Text>
          <Text size="sm" c="dimmed">
            {text}{' '}
            <Anchor component={Link} href="/incidents" size="sm">
              Past incidents
            </Anchor>
          </Text>
        </div>
      </Group>
    </Paper>
  );
}

function sayingOf(slos: readonly Slo[], broken: number): Saying {
  const blind = slos.filter(slo => slo.state === 'no_data').length + broken;
  const bad = slos.filter(slo => slo.state === 'exhausted' || slo.state === 'at_risk');
  const all = slos.length + broken;
  const of = `${all} ${all === 1 ? 'objective' : 'objectives'}`;
  if (all === 0)
    return {
      icon: 'question',
      color: 'gray',
      title: 'No objective is declared',
      text: 'Nines can say nothing about your users until one is.',
    };
  if (bad.length > 0)
    return {
      icon: 'alert',
      color: 'orange',
      title: `${bad.length} of ${of} ${bad.length === 1 ? 'is' : 'are'} at risk or exhausted`,
      text: `${bad.map(slo => slo.displayName).join(', ')}. No incident is open.`,
    };
  if (blind > 0)
    return {
      icon: 'question',
      color: 'gray',
      title: `No data for ${blind} of ${of}`,
      text: `No incident is open, and ${blind === all ? 'nothing is known of your users' : 'the others are met'}. Check that telemetry arrives: nines telemetry services.`,
    };
  return {
    icon: 'check',
    color: 'teal',
    title: 'All objectives are met',
    text: `No incident is open; there is data for all ${of}.`,
  };
}
