import { Code } from '@mantine/core';
import { Fragment } from 'react';

/** A sentence in which what stands between backticks is quoted from telemetry: shown as code, and nothing more. */
export function Quoted({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no other name and never move.
      <Code key={index} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
        {part}
      </Code>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above.
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
