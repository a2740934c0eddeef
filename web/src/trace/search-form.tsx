import { Autocomplete, Checkbox, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useOperation } from '../api.ts';
import { type Range, rangeParams } from '../explore/range.ts';
import { SearchFrame } from '../explore/search-frame.tsx';
import { ServiceField } from '../explore/service-field.tsx';
import { durationMs, type TraceSearch } from './search.ts';

/** What traces are looked for. */
export function SearchForm({
  search,
  range,
  onSearch,
}: {
  search: TraceSearch;
  range: Range;
  onSearch(search: TraceSearch): void;
}) {
  const [draft, setDraft] = useState(search);
  const [longer, setLonger] = useState(search.longerThanMs === undefined ? '' : `${search.longerThanMs}ms`);
  const operations = useOperation(
    'traces.operations',
    { service: search.service, ...rangeParams(range), limit: 200 },
    { enabled: search.service !== '' },
  );
  const wrong = longer.trim() !== '' && durationMs(longer) === undefined;
  return (
    <SearchFrame
      align="flex-start"
      onAsk={() => {
        if (!wrong) onSearch({ ...draft, longerThanMs: durationMs(longer) });
      }}
      aside={
        <>
          <Checkbox
            size="xs"
            label="Only with errors"
            checked={draft.errors}
            onChange={event => {
              const next = { ...draft, errors: event.currentTarget.checked };
              setDraft(next);
              if (!wrong) onSearch({ ...next, longerThanMs: durationMs(longer) });
            }}
          />
          <SegmentedControl
            size="xs"
            aria-label="Which come first"
            value={draft.order}
            data={[
              { value: 'newest', label: 'Newest first' },
              { value: 'slowest', label: 'Slowest first' },
            ]}
            onChange={order => {
              const next = {
                ...draft,
                order: order === 'slowest' ? ('slowest' as const) : ('newest' as const),
              };
              setDraft(next);
              if (!wrong) onSearch({ ...next, longerThanMs: durationMs(longer) });
            }}
          />
        </>
      }
    >
      <ServiceField
        value={draft.service}
        range={range}
        onChange={service => setDraft({ ...draft, service })}
      />
      <Autocomplete
        label="Operation"
        placeholder="Any"
        size="xs"
        maxLength={1000}
        limit={50}
        value={draft.operation}
        onChange={operation => setDraft({ ...draft, operation })}
        data={[...new Set(operations.data?.operations.map(one => one.operation) ?? [])]}
        style={{ flex: '2 1 200px', maxWidth: 380 }}
      />
      <TextInput
        label="Longer than"
        placeholder="As 250ms or 2s"
        size="xs"
        maxLength={12}
        value={longer}
        error={wrong ? 'As 250ms or 2s' : undefined}
        onChange={event => setLonger(event.currentTarget.value)}
        style={{ flex: '1 1 110px', maxWidth: 150 }}
      />
    </SearchFrame>
  );
}
