import { Skeleton } from '@mantine/core';

/** Keeps the place of an answer that is on its way. */
export function Waiting({ height }: { height: number }) {
  return <Skeleton height={height} aria-label="Loading" />;
}
