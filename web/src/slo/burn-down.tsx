import { Text } from '@mantine/core';
import { withGaps } from '../chart/series.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { percent } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import type { SloView } from './slo.ts';

/** How the error budget went down. */
export function BurnDown({ points }: { points: SloView['burnDown'] }) {
  const first = points[0];
  const last = points.at(-1);
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
            color={last.budgetRemaining < 0 ? 'red.6' : 'teal.6'}
            height={190}
            points={withGaps(
              points.map(({ at, budgetRemaining }) => ({ t: Date.parse(at), v: budgetRemaining })),
            )}
            format={percent}
            from={Date.parse(first.at)}
            to={Date.parse(last.at)}
            max={1}
          />
          <Text size="xs" c="dimmed">
            From {first.at.slice(0, 16).replace('T', ' ')} UTC, as far back as there is data. 100 % is
            untouched; below 0 % more went wrong than was promised.
          </Text>
        </>
      )}
    </Section>
  );
}
