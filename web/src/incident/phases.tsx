import { Text } from '@mantine/core';
import { Icon } from '../icon.tsx';
import { span } from '../time.tsx';
import type { Incident, Phase } from './incident.ts';
import styles from './phases.module.css';

const PHASES: readonly { phase: Phase; label: string }[] = [
  { phase: 'detect', label: 'Detect' },
  { phase: 'assess', label: 'Assess' },
  { phase: 'mitigate', label: 'Mitigate' },
  { phase: 'communicate', label: 'Communicate' },
  { phase: 'resolve', label: 'Resolve' },
];

/** The five phases of the response with the time at which each was entered, and how long after the onset that was. */
export function Phases({ incident }: { incident: Incident }) {
  const at = PHASES.findIndex(one => one.phase === incident.phase);
  return (
    <ol className={styles.phases} aria-label="Phases of the response">
      {PHASES.map(({ phase, label }, index) => {
        const entered = incident.phases.findLast(one => one.phase === phase)?.at;
        const over = index < at || incident.status === 'resolved';
        const state = over ? (entered === undefined ? 'skipped' : 'over') : index === at ? 'now' : 'ahead';
        return (
          <li
            key={phase}
            className={styles.phase}
            data-state={state}
            aria-current={state === 'now' ? 'step' : undefined}
          >
            <span className={styles.mark}>
              {state === 'over' ? (
                <Icon name="check" size={14} />
              ) : state === 'skipped' ? (
                <Icon name="minus" size={14} />
              ) : (
                index + 1
              )}
            </span>
            <span className={styles.words}>
              <Text span size="sm" fw={state === 'now' ? 700 : 500} className={styles.label}>
                {label}
              </Text>
              <Text span size="xs" c="dimmed" className={styles.time}>
                {entered === undefined
                  ? state === 'skipped'
                    ? 'passed over'
                    : '–'
                  : `${entered.slice(11, 19)} · +${span(incident.onsetAt, entered)}`}
              </Text>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
