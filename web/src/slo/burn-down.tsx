import { Group, Text } from '@mantine/core';
import { useOperation } from '../api.ts';
import { type Series, withGaps } from '../chart/series.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { percent } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { type Forecast, forecastLines, forecastWords } from './forecast.ts';
import { LEDGER_MS } from './ledger.tsx';
import type { SloView } from './slo.ts';

/** How the error budget went down, and when it will be gone as far as the past tells. */
export function BurnDown({ view: { burnDown: points, status } }: { view: SloView }) {
  const forecast = useOperation('slo.ledger', { id: status.objective }, { everyMs: LEDGER_MS }).data
    ?.forecast;
  const first = points[0];
  const last = points.at(-1);
  const lines =
    forecast === undefined || last === undefined
      ? []
      : forecastLines(forecast, { t: Date.parse(last.at), v: last.budgetRemaining });
  return (
    <Section title="Budget burn-down" icon="gauge">
      {first === undefined || last === undefined || points.length < 2 ? (
        <Nothing
          icon="question"
          what="There is not enough data for a burn-down yet."
          next="It begins once the indicator has been seen for a few minutes."
        />
      ) : (
        <>
          <TimeChart
            label="Error budget left"
            series={[
              {
                key: 'left',
                label: 'left',
                color: last.budgetRemaining < 0 ? 'red.6' : 'teal.6',
                shape: 'area',
                points: withGaps(
                  points.map(({ at, budgetRemaining }) => ({ t: Date.parse(at), v: budgetRemaining })),
                ),
              },
              ...lines,
            ]}
            height={220}
            format={percent}
            from={Date.parse(first.at)}
            to={endOf(Date.parse(first.at), Date.parse(last.at), lines)}
            moments={lines.length === 0 ? [] : [{ at: status.at, sign: 'now', color: 'dimmed', text: 'now' }]}
            max={1}
          />
          {forecast !== undefined && <ForecastWords forecast={forecast} drawn={lines.length > 0} />}
          <Text size="xs" c="dimmed">
            From {first.at.slice(0, 16).replace('T', ' ')} UTC, as far back as there is data in the window.
            100 % is untouched; below 0 % more went wrong than was promised.
          </Text>
        </>
      )}
    </Section>
  );
}

function ForecastWords({ forecast, drawn }: { forecast: Forecast; drawn: boolean }) {
  const bad = forecast.state === 'exhausted' || forecast.state === 'will_exhaust';
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start" my={6}>
      <Text component="span" mt={2} c={bad ? 'orange' : 'dimmed'}>
        <Icon name={bad ? 'alert' : 'clock'} />
      </Text>
      <div>
        <Text size="sm" fw={600}>
          {forecastWords(forecast)}
        </Text>
        {forecast.state !== 'exhausted' && (
          <Text size="xs" c="dimmed">
            From {forecast.basis}.{drawn && ' Dashed in the chart.'}
          </Text>
        )}
      </div>
    </Group>
  );
}

/** As far as the lines lead, and no further than what was seen is long: that must stay readable. */
function endOf(first: number, last: number, lines: readonly Series[]): number {
  const ends = lines.map(({ points }) => points.at(-1)!.t);
  return Math.min(Math.max(last, ...ends), last + (last - first));
}
