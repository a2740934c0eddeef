import { Autocomplete, Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useOperation } from '../api.ts';
import { Icon } from '../icon.tsx';

/** A service that is declared, or one that only its telemetry names. */
export function ServiceChoice({ service, onChoose }: { service: string; onChoose(service: string): void }) {
  const [draft, setDraft] = useState(service);
  const declared = useOperation('service.list', {});
  const seen = useOperation('telemetry.services', { last: '1h' });
  const names = new Set([
    ...(declared.data?.services.map(({ name }) => name) ?? []),
    ...(seen.data?.services.map(one => one.service) ?? []),
  ]);
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        if (draft.trim() !== '') onChoose(draft.trim());
      }}
    >
      <Group gap="sm" align="flex-end">
        <Autocomplete
          label="Service"
          placeholder="As payments"
          size="xs"
          maxLength={255}
          value={draft}
          onChange={setDraft}
          onOptionSubmit={onChoose}
          data={[...names].toSorted()}
          style={{ flex: '1 1 180px', maxWidth: 300 }}
        />
        <Button size="xs" type="submit" leftSection={<Icon name="search" size={12} />}>
          Suggest
        </Button>
      </Group>
    </form>
  );
}
