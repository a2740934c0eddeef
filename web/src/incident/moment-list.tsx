import { Text } from '@mantine/core';
import type { Moment } from '../chart/series.ts';
import { Time } from '../time.tsx';

/** The words to the signs on the charts. */
export function MomentList({ moments }: { moments: readonly Moment[] }) {
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }} aria-label="Moments on the charts">
      {moments.map(({ at, sign, color, text }) => (
        <li key={`${sign}${at}`}>
          <Text size="xs">
            <Text span fw={700} c={color} size="sm">
              {sign}
            </Text>{' '}
            <Time at={at} size="xs" /> {text}
          </Text>
        </li>
      ))}
    </ul>
  );
}
