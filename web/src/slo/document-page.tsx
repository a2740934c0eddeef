import { Anchor, Group, Paper, Stack, Title, VisuallyHidden } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Copy } from '../copy.tsx';
import { Document } from '../postmortem/document.tsx';

/** What a service promises, as a document for those who read no YAML. */
export function SloDocumentPage({ service }: { service: string }) {
  const asked = useOperation('slo.doc', { service });
  return (
    <Stack gap="md" maw={900} mx="auto">
      <Group justify="space-between">
        <Anchor component={Link} href={`/slos?service=${encodeURIComponent(service)}`} size="sm">
          ← Objectives of {service}
        </Anchor>
        {asked.data !== undefined && <Copy text={asked.data.markdown} />}
      </Group>
      {asked.data === undefined && (
        <VisuallyHidden>
          <Title order={1}>SLO document of {service}</Title>
        </VisuallyHidden>
      )}
      <Answer query={asked} height={420}>
        {({ markdown }) => (
          <Paper withBorder p={{ base: 'md', sm: 'xl' }}>
            <Document markdown={markdown} />
          </Paper>
        )}
      </Answer>
    </Stack>
  );
}
