import { Button, CopyButton } from '@mantine/core';
import { Icon } from './icon.tsx';

/** Puts a text on the clipboard. */
export function Copy({ text, label = 'Copy as Markdown' }: { text: string; label?: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name={copied ? 'check' : 'copy'} size={14} />}
          onClick={copy}
        >
          {copied ? 'Copied' : label}
        </Button>
      )}
    </CopyButton>
  );
}
