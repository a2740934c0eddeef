import { Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { withGaps } from '../chart/series.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { percent } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { BUDGET_MS, windowWords } from './slo.ts';

const SHOWN_MS = 1_800_000;
/** Also for those who scrape once a minute: of them a shorter window knows nothing. */
const OVER = '5m';

/** The share of bad over the last half hour. */
export function Recent({ id }: { id: string }) {
  const asked = useOperation('slo.indicator', { id, over: OVER }, { everyMs: BUDGET_MS });
  return (
    <Section title="Error ratio, last 30 minutes" icon="alert">
      <Answer query={asked} height={150}>
        {({ points, allowed, over, displayName }) => {
          if (points.length === 0)
            return (
              <Nothing
                icon="question"
                what="Nothing happened in the last 30 minutes, or nothing is known."
                next="Check that the service sends telemetry:"
                command="nines telemetry services"
              />
            );
          const to = Math.max(Date.now(), Date.parse(points.at(-1)!.at));
          return (
            <>
              <TimeChart
                label={`${displayName}: share of bad`}
                color="red.6"
                height={130}
                points={withGaps(points.map(({ at, errorRatio }) => ({ t: Date.parse(at), v: errorRatio })))}
                format={percent}
                from={to - SHOWN_MS}
                to={to}
                allowed={allowed}
              />
              <Text size="xs" c="dimmed">
                Each point looks back over {windowWords(over)}. {percent(allowed)} is allowed (dashed).
              </Text>
            </>
          );
        }}
      </Answer>
    </Section>
  );
}
