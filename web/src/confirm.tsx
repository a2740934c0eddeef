import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Failure } from './answer.tsx';

/** Asks before something is done: what it is, and a reason where one is recorded with it. Stays open if it fails. */
export function Confirm({
  title,
  label,
  color,
  reason,
  opened,
  onClose,
  busy,
  error,
  onConfirm,
  children,
}: {
  title: string;
  /** The button's words: what will be done. */
  label: string;
  color?: string;
  /** Asks for a reason, with these words; without it none is asked. */
  reason?: { label: string; placeholder?: string; optional?: boolean };
  opened: boolean;
  onClose(): void;
  busy: boolean;
  error: Error | null;
  onConfirm(reason: string): void;
  children?: ReactNode;
}) {
  const [text, setText] = useState('');
  const missing = reason !== undefined && reason.optional !== true && text.trim() === '';
  return (
    <Modal opened={opened} onClose={onClose} title={title} centered size="lg">
      <form
        onSubmit={event => {
          event.preventDefault();
          if (!missing && !busy) onConfirm(text.trim());
        }}
      >
        <Stack gap="md">
          {children}
          {reason !== undefined && (
            <Textarea
              label={reason.label}
              placeholder={reason.placeholder}
              autosize
              minRows={2}
              maxLength={1000}
              required={reason.optional !== true}
              value={text}
              onChange={event => setText(event.currentTarget.value)}
              data-autofocus
            />
          )}
          {error !== null && <Failure error={error} doing />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={busy}
              disabled={missing}
              {...(color === undefined ? {} : { color })}
            >
              {label}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
