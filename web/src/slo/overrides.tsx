import { Badge, Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { useCommand } from '../command.ts';
import { Confirm } from '../confirm.tsx';
import { Section } from '../section.tsx';
import { purposeWords } from './gate.tsx';
import { OVERRIDE_STATES, type Override, PURPOSES, type Purpose } from './policy.ts';
import { BUDGET_MS } from './slo.ts';

/** Who let what through although the budget said no: why, until when, and who agreed. */
export function Overrides({ service }: { service: string }) {
  const asked = useOperation('slo.overrides', { service }, { everyMs: 3 * BUDGET_MS });
  const [making, setMaking] = useState(false);
  return (
    <Section
      title="Overrides"
      icon="person"
      aside={
        <Button size="compact-xs" variant="default" onClick={() => setMaking(true)}>
          Override the gate
        </Button>
      }
    >
      <Answer query={asked} height={40}>
        {({ overrides }) =>
          overrides.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nobody overrode the gate of {service} in the last 30 days.
            </Text>
          ) : (
            <Stack gap="md" component="ul" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Overrides">
              {overrides.slice(0, 10).map(one => (
                <li key={one.id}>
                  <One override={one} />
                </li>
              ))}
              {overrides.length > 10 && (
                <Text component="li" size="xs" c="dimmed">
                  {overrides.length - 10} older: nines slo overrides --service {service}
                </Text>
              )}
            </Stack>
          )
        }
      </Answer>
      {making && <Make service={service} onClose={() => setMaking(false)} />}
    </Section>
  );
}

function One({ override }: { override: Override }) {
  const { id, state, by, reason, until, purposes, level, confirmedBy, claimed, endedBy, action } = override;
  const { words, color } = OVERRIDE_STATES[state];
  const confirm = useCommand('slo.confirm');
  const end = useCommand('slo.end-override');
  const [ending, setEnding] = useState(false);
  const [confirming, setConfirming] = useState(false);
  const over = state === 'over' || state === 'taken_back';
  return (
    <div>
      <Group gap={6}>
        <Badge size="sm" variant="light" color={color} radius="sm">
          {words}
        </Badge>
        <Text size="sm" fw={600}>
          {action ?? purposeWords(purposes)}
        </Text>
      </Group>
      <Text size="sm" mt={2} style={{ overflowWrap: 'anywhere' }}>
        {reason}
      </Text>
      <Text size="xs" c="dimmed">
        By {by}
        {confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy}`}
        {endedBy === undefined ? '' : `, taken back by ${endedBy}`}; {over ? 'it ran' : 'it runs'} until{' '}
        {until.slice(0, 16).replace('T', ' ')} UTC. The level was {level.replaceAll('_', ' ')}.
        {confirmedBy !== undefined && claimed === true && ' The names are as typed: no token proves them.'}
      </Text>
      {!over && (
        <Group gap="xs" mt={6}>
          {state === 'waits_for_second' && (
            <Button size="compact-xs" onClick={() => setConfirming(true)}>
              Confirm as the second person
            </Button>
          )}
          {state !== 'one_action' && (
            <Button size="compact-xs" variant="default" onClick={() => setEnding(true)}>
              Take it back
            </Button>
          )}
        </Group>
      )}
      <Confirm
        title="Confirm this override"
        label="Confirm it"
        opened={confirming}
        onClose={() => setConfirming(false)}
        busy={confirm.isPending}
        error={confirm.error}
        onConfirm={() => confirm.mutate({ id }, { onSuccess: () => setConfirming(false) })}
      >
        <Text size="sm">
          {by} wants to let {action ?? purposeWords(purposes)} through until{' '}
          {until.slice(0, 16).replace('T', ' ')} UTC: {reason}
        </Text>
        <Text size="sm">Your name is recorded beside theirs.</Text>
      </Confirm>
      <Confirm
        title="Take this override back"
        label="Take it back"
        opened={ending}
        onClose={() => setEnding(false)}
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate({ id }, { onSuccess: () => setEnding(false) })}
      >
        <Text size="sm">From then on the budget decides again about {action ?? purposeWords(purposes)}.</Text>
      </Confirm>
    </div>
  );
}

const LENGTHS = [
  { value: '30m', label: '30 minutes' },
  { value: '2h', label: '2 hours' },
  { value: '8h', label: '8 hours' },
  { value: '24h', label: '1 day' },
  { value: '72h', label: '3 days' },
];

function Make({ service, onClose }: { service: string; onClose(): void }) {
  const make = useCommand('slo.override');
  const [purposes, setPurposes] = useState<string[]>(['release']);
  const [last, setLast] = useState('2h');
  const chosen = PURPOSES.map(({ purpose }) => purpose).filter(one => purposes.includes(one)) as Purpose[];
  return (
    <Confirm
      title={`Override the gate of ${service}`}
      label="Override it"
      color="orange"
      reason={{ label: 'Why', placeholder: 'As: the fix for INC-7 cannot wait' }}
      opened
      onClose={onClose}
      busy={make.isPending}
      error={chosen.length === 0 ? new Error('Choose what may be done.') : make.error}
      onConfirm={reason => {
        if (chosen.length > 0) make.mutate({ service, for: chosen, reason, last }, { onSuccess: onClose });
      }}
    >
      <Text size="sm">
        What you choose may be done although the error budget says no. Your name and the reason are recorded,
        and stand in the postmortem. Where the policy asks for it, it counts only once a second person has
        confirmed it.
      </Text>
      <Checkbox.Group label="What may be done" value={purposes} onChange={setPurposes}>
        <Group gap="md" mt={6}>
          {PURPOSES.map(({ purpose, words }) => (
            <Checkbox key={purpose} size="xs" value={purpose} label={words} />
          ))}
        </Group>
      </Checkbox.Group>
      <Select
        label="For how long"
        size="xs"
        data={LENGTHS}
        value={last}
        allowDeselect={false}
        onChange={value => setLast(value ?? '2h')}
        maw={200}
      />
    </Confirm>
  );
}
