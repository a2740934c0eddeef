import { Text, type TextProps, Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';

/** The present, once a second, for ages that grow while one looks. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** `03:15:07`, UTC, with the full instant on hover. */
export function Time({ at, ...text }: { at: string } & TextProps) {
  return (
    <Tooltip label={`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}>
      <Text span ff="monospace" {...text}>
        {at.slice(11, 19)}
      </Text>
    </Tooltip>
  );
}

/** `12 s`, `4 min`, `1 h 5 min`, `6 d 18 h`: how long from one instant to another, or to now. */
export function span(from: string, to: string | number): string {
  const ms = (typeof to === 'number' ? to : Date.parse(to)) - Date.parse(from);
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48)
    return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
