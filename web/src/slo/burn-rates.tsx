import { Group, List, Progress, Stack, Text } from '@mantine/core';
import { type Column, DataTable } from '../data-table.tsx';
import { percent, times } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { SeverityBadge } from './severity.tsx';
import { type Rule, type Slo, type SloView, windowWords } from './slo.ts';
import { standingOf } from './standing.ts';

/** How fast the budget goes down, window by window, against what pages. */
export function BurnRates({ view: { status, rules, notes } }: { view: SloView }) {
  const burnOf = (window: string) => status.burnRates.find(one => one.window === window)?.burnRate ?? null;
  return (
    <Section title="Burn rate, and what pages" icon="bolt">
      {rules.length === 0 ? (
        <Stack gap="sm">
          <Nothing
            icon="bell"
            what="It raises no alert of its own, as it was declared: its budget counts at the gate, and another objective pages."
          />
          <Bare slo={status} />
        </Stack>
      ) : (
        <DataTable
          label="Alert rules"
          columns={columnsOf(burnOf)}
          rows={rules}
          keyOf={rule => rule.id}
          minWidth={290}
        />
      )}
      <Text size="xs" c="dimmed" mt="xs">
        1× uses the budget up exactly in {windowWords(status.window)}; 10× in a tenth of it.
        {rules.length > 0 &&
          ' A rule fires when both of its windows burn faster than its bound; that everything fails, by its long window alone.'}
      </Text>
      {notes.length > 0 && (
        <List size="xs" mt="xs" spacing={2}>
          {notes.map(note => (
            <List.Item key={note}>
              <Text size="xs" c="dimmed">
                {note}
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </Section>
  );
}

function columnsOf(burnOf: (window: string) => number | null): readonly Column<Rule>[] {
  return [
    {
      key: 'does',
      head: 'Does',
      width: 96,
      cell: ({ severity, kind, burnRate }) => (
        <>
          <SeverityBadge severity={severity} />
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            {kind === 'absolute' ? 'all fails' : `over ${times(burnRate)}`}
          </Text>
        </>
      ),
    },
    {
      key: 'bound',
      head: 'When it burns over',
      figure: true,
      from: 'sm',
      cell: rule =>
        rule.kind === 'absolute' ? (
          `everything fails`
        ) : (
          <>
            <Text span size="sm" fw={600}>
              {times(rule.burnRate)}
            </Text>{' '}
            <Text span size="xs" c="dimmed">
              ({percent(rule.threshold)} bad)
            </Text>
          </>
        ),
    },
    {
      key: 'long',
      head: 'Long window, now',
      cell: rule => <Burn rule={rule} window={rule.longWindow} burn={burnOf(rule.longWindow)} />,
    },
    {
      key: 'short',
      head: 'Short window, now',
      cell: rule => <Burn rule={rule} window={rule.shortWindow} burn={burnOf(rule.shortWindow)} />,
    },
    {
      key: 'now',
      head: 'Now',
      least: 130,
      from: 'sm',
      cell: rule => {
        const { words, color } = standingOf(rule, burnOf(rule.longWindow), burnOf(rule.shortWindow));
        return (
          <Text
            span
            size="sm"
            {...(color === undefined
              ? { c: 'dimmed' }
              : {
                  fw: 600,
                  c: `light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-4))`,
                })}
          >
            {words}
          </Text>
        );
      },
    },
    {
      key: 'share',
      head: 'Budget gone',
      title: 'The share of the budget that is gone when its long window burns so fast',
      figure: true,
      from: 'lg',
      cell: ({ budgetShare }) => (budgetShare === 0 ? '–' : percent(budgetShare)),
    },
    {
      key: 'guard',
      head: 'Bad events',
      title:
        'The fewest bad events for which it fires, in the long and in the short window: the guard for low traffic',
      figure: true,
      from: 'lg',
      cell: ({ minEvents, minShortEvents }) =>
        minEvents === 0 ? 'any' : `≥ ${minEvents}${minShortEvents > 0 ? ` and ${minShortEvents}` : ''}`,
    },
  ];
}

/** The burn over one of a rule's windows, with how near it is to the bound. */
function Burn({ rule, window, burn }: { rule: Rule; window: string; burn: number | null }) {
  const over = burn !== null && burn > rule.burnRate;
  return (
    <div style={{ minWidth: 70, maxWidth: 180 }}>
      <Group justify="space-between" gap={6} wrap="nowrap">
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
          {window}
        </Text>
        <Text
          size="sm"
          fw={over ? 700 : 400}
          style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}
        >
          {burn === null ? 'no data' : times(burn)}
        </Text>
      </Group>
      {burn !== null && (
        <Progress
          size="sm"
          value={Math.min(100, (100 * burn) / rule.burnRate)}
          color={over ? 'red.6' : 'cyan.6'}
          aria-label={`${times(burn)} of the ${times(rule.burnRate)} that count, over ${window}`}
        />
      )}
    </div>
  );
}

/** Without rules there is nothing to hold the burn against. */
function Bare({ slo: { burnRates } }: { slo: Slo }) {
  return (
    <DataTable
      label="Burn rates"
      columns={[
        { key: 'window', head: 'Over the last', cell: one => windowWords(one.window) },
        {
          key: 'burn',
          head: 'Burns',
          figure: true,
          cell: one => (one.burnRate === null ? 'no data' : times(one.burnRate)),
        },
      ]}
      rows={burnRates}
      keyOf={one => one.window}
      minWidth={200}
    />
  );
}
