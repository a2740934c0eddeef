import { Autocomplete } from '@mantine/core';
import { useOperation } from '../api.ts';
import { type Range, rangeParams } from './range.ts';

/** A service by the name that its telemetry gives it; those that sent traces in the window are offered. */
export function ServiceField({
  value,
  range,
  onChange,
}: {
  value: string;
  range: Range;
  onChange(value: string): void;
}) {
  const asked = useOperation('telemetry.services', rangeParams(range));
  return (
    <Autocomplete
      label="Service"
      placeholder="Any"
      size="xs"
      maxLength={255}
      clearable
      clearButtonProps={{ 'aria-label': 'Any service' }}
      value={value}
      onChange={onChange}
      data={[...new Set(asked.data?.services.map(({ service }) => service) ?? [])]}
      style={{ flex: '1 1 140px', maxWidth: 240 }}
    />
  );
}
