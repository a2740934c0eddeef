import { Anchor, Code, Group, ScrollArea } from '@mantine/core';
import { Copy } from '../copy.tsx';

/** A file to be taken: to be read, copied or saved. */
export function FileText({ name, text, type }: { name: string; text: string; type: string }) {
  return (
    <>
      <Group gap="md" mb="xs">
        <Copy text={text} label="Copy" />
        <Anchor href={`data:${type};charset=utf-8,${encodeURIComponent(text)}`} download={name} size="sm">
          Save {name}
        </Anchor>
      </Group>
      <ScrollArea.Autosize mah={360} type="auto" viewportProps={{ tabIndex: 0 }}>
        <Code block>{text}</Code>
      </ScrollArea.Autosize>
    </>
  );
}
