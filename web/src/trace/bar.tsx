import type { Span } from './tree.ts';
import styles from './waterfall.module.css';

export interface Segment {
  fromMs: number;
  toMs: number;
}

/** A span on the trace's time line; below it the parts of it that the whole trace waited for. */
export function Bar({
  span: { offsetMs, durationMs, status },
  waited,
  lengthMs,
}: {
  span: Span;
  waited: readonly Segment[];
  lengthMs: number;
}) {
  const length = Math.max(lengthMs, 0.001);
  const share = (ms: number) => `${(100 * ms) / length}%`;
  // Half a pixel would not be seen.
  const width = (ms: number) => `max(2px, ${share(ms)})`;
  return (
    <svg className={styles.bar} width="100%" height={18} aria-hidden="true">
      <rect className={styles.track} width="100%" height={18} rx={3} />
      <rect
        className={status === 'error' ? styles.failed : styles.span}
        x={share(offsetMs)}
        y={2}
        height={9}
        rx={2}
        style={{ width: width(durationMs) }}
      />
      {waited.map(({ fromMs, toMs }) => (
        <rect
          key={fromMs}
          className={styles.waited}
          x={share(fromMs)}
          y={13}
          height={4}
          style={{ width: width(toMs - fromMs) }}
        />
      ))}
    </svg>
  );
}
