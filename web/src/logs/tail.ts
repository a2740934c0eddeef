import { useEffect, useState } from 'react';
import { filterOf, type LogRecord, type LogSearch } from './log.ts';

/** More than these nobody reads; the oldest go. */
export const MOST_LIVE = 500;
/** Lines are shown in handfuls, so that many a second do not keep the page from answering. */
const FLUSH_MS = 250;

export interface Tail {
  /** `refused`: the server does not begin, as for a query that cannot be read. */
  state: 'connecting' | 'live' | 'lost' | 'refused';
  /** The newest first. */
  lines: readonly LogRecord[];
  /** So many came since it began, those that are not shown any more among them. */
  count: number;
  /** So many were left out by the server because there were too many at once. */
  left: number;
}

const BEGIN: Tail = { state: 'connecting', lines: [], count: 0, left: 0 };

/** Follows the lines that arrive from now on. The browser connects again by itself; what came in between is missing. */
export function useTail(search: LogSearch): Tail {
  const [tail, setTail] = useState(BEGIN);
  const filter = new URLSearchParams(filterOf(search)).toString();
  useEffect(() => {
    setTail(BEGIN);
    const source = new EventSource(`/api/v1/logs/tail?${filter}`);
    let waiting: LogRecord[] = [];
    let left = 0;
    source.onopen = () => setTail(before => ({ ...before, state: 'live' }));
    source.onerror = () =>
      setTail(before => ({
        ...before,
        state: source.readyState === EventSource.CLOSED && before.state === 'connecting' ? 'refused' : 'lost',
      }));
    source.onmessage = ({ data }) => waiting.push(JSON.parse(data) as LogRecord);
    source.addEventListener('left', ({ data }) => {
      left += (JSON.parse(data) as { left: number }).left;
    });
    const flush = setInterval(() => {
      if (waiting.length === 0 && left === 0) return;
      const [came, missed] = [waiting.reverse(), left];
      waiting = [];
      left = 0;
      setTail(before => ({
        ...before,
        lines: [...came, ...before.lines].slice(0, MOST_LIVE),
        count: before.count + came.length,
        left: before.left + missed,
      }));
    }, FLUSH_MS);
    return () => {
      source.close();
      clearInterval(flush);
    };
  }, [filter]);
  return tail;
}
