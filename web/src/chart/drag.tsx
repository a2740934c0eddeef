import { type PointerEvent, type ReactNode, useState } from 'react';
import styles from './drag.module.css';

/** Less is a click. */
const LEAST_PIXELS = 6;

/**
 * Lets somebody drag over a part of a chart. The chart's own events tell only the nearest point, and late; this tells
 * the instant under the pointer. Touch scrolls the page as ever.
 */
export function Drag({
  from,
  to,
  left,
  right,
  onZoom,
  children,
}: {
  from: number;
  to: number;
  /** Pixels beside the plot. */
  left: number;
  right: number;
  onZoom(from: number, to: number): void;
  children: ReactNode;
}) {
  const [drag, setDrag] = useState<{ begin: number; end: number }>();
  const placeOf = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(Math.max(event.clientX - box.left, left), box.width - right);
  };
  const low = drag === undefined ? 0 : Math.min(drag.begin, drag.end);
  const high = drag === undefined ? 0 : Math.max(drag.begin, drag.end);
  return (
    <div
      className={styles.field}
      onPointerDown={event => {
        if (event.pointerType === 'touch' || event.button !== 0) return;
        const at = placeOf(event);
        setDrag({ begin: at, end: at });
      }}
      onPointerMove={event => {
        if (drag === undefined) return;
        // Only once it moves: a click must reach what it is on.
        if (high - low > LEAST_PIXELS) event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ ...drag, end: placeOf(event) });
      }}
      onPointerUp={event => {
        setDrag(undefined);
        if (high - low <= LEAST_PIXELS) return;
        const width = event.currentTarget.getBoundingClientRect().width - left - right;
        const instant = (place: number) => from + ((place - left) / width) * (to - from);
        onZoom(Math.round(instant(low)), Math.round(instant(high)));
      }}
      onPointerCancel={() => setDrag(undefined)}
      onPointerLeave={() => setDrag(undefined)}
    >
      {children}
      {high - low > LEAST_PIXELS && <div className={styles.part} style={{ left: low, width: high - low }} />}
    </div>
  );
}
