import { List, Text } from '@mantine/core';
import { Section } from '../section.tsx';

/** What the service does not export, and how it would. */
export function Missing({ missing }: { missing: readonly { what: string; how: string }[] }) {
  if (missing.length === 0) return null;
  return (
    <Section title="Missing" icon="question">
      <List size="sm" spacing={6}>
        {missing.map(({ what, how }) => (
          <List.Item key={what} style={{ overflowWrap: 'anywhere' }}>
            <Text span size="sm" fw={600}>
              {what}
            </Text>
            : {how}
          </List.Item>
        ))}
      </List>
    </Section>
  );
}
