import { Button, CopyButton } from '@mantine/core';
import { Icon } from '../icon.tsx';

export function Copy({ text }: { text: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name={copied ? 'check' : 'copy'} size={14} />}
          onClick={copy}
        >
          {copied ? 'Copied' : 'Copy as Markdown'}
        </Button>
      )}
    </CopyButton>
  );
}
