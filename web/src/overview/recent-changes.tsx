import { Group, Stack, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Icon } from '../icon.tsx';
import { changeWords } from '../incident/moments.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span, useNow } from '../time.tsx';

const SHOWN = 8;

/** What was changed last: the first thing to look at when something breaks. */
export function RecentChanges() {
  const asked = useOperation('change.list', { limit: SHOWN }, { everyMs: 30_000 });
  const now = useNow(10_000);
  return (
    <Section title="Recent changes" icon="swap">
      <Answer query={asked} height={160}>
        {({ changes }) =>
          changes.length === 0 ? (
            <Nothing
              what="No change was recorded yet."
              next="Releases through Nines are recorded by themselves; a pipeline records its own:"
              command="nines change record SERVICE --to v1.2.3"
            />
          ) : (
            <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {changes.map(change => (
                <Group component="li" key={change.id} gap={8} wrap="nowrap" align="flex-start">
                  <Text component="span" c={change.status === 'failed' ? 'orange' : 'dimmed'} mt={2}>
                    <Icon
                      name={
                        change.kind === 'rollback' ? 'undo' : change.status === 'running' ? 'clock' : 'flag'
                      }
                    />
                  </Text>
                  <div style={{ minWidth: 0 }}>
                    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                      {changeWords(change)}
                    </Text>
                    <Text size="xs" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
                      {span(change.at, now)} ago, by {change.by}
                      {change.reason === undefined ? '' : `: ${change.reason}`}
                    </Text>
                  </div>
                </Group>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}
