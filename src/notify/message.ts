import { z } from 'zod';
import { Severity } from './severity.ts';

const MAX_SUBJECT = 200;
const MAX_TEXT = 8_000;

/** What is to be said, once to each recipient. A second message with the same id is the same message. */
export const Message = z.object({
  id: z.string().min(1).max(200).describe('Sent once per id, channel and address'),
  /** A page asks for somebody now; a notice tells and asks for nothing. */
  kind: z.enum(['page', 'notice']).default('notice'),
  subject: z.string().min(1),
  text: z.string(),
  url: z.string().max(2048).optional(),
  severity: Severity.optional(),
  incident: z.string().max(63).optional(),
});
export type Message = z.infer<typeof Message>;
/** A message as callers write it: `kind` may be left out. */
export type NewMessage = z.input<typeof Message>;

/** Who gets it, and by which channel of the configuration. */
export const Recipient = z.object({
  person: z.string().min(1).max(128),
  channel: z.string().min(1).max(63),
  address: z.string().max(512).default(''),
});
export type Recipient = z.infer<typeof Recipient>;

/**
 * Cuts what is too long rather than refusing it, and takes control characters out: text from telemetry must neither
 * keep a page from going out nor move a terminal's cursor or add a mail header.
 */
export function bounded(message: NewMessage): Message {
  const parsed = Message.parse({
    ...message,
    subject: clip(printable(message.subject).replace(/\s+/g, ' ').trim() || 'Nines', MAX_SUBJECT),
    text: clip(printable(message.text), MAX_TEXT),
  });
  return parsed;
}

/** Without control characters other than line feed, and without marks that turn the direction of text. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, ' ')
    .replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

function clip(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}
