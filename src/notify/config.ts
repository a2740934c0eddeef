import { z } from 'zod';
import type { Channel } from './channel.ts';
import { consoleChannel } from './console.ts';
import { emailChannel } from './email.ts';
import { type TerminalOptions, terminalChannel } from './terminal.ts';
import { webhookChannel } from './webhook.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });

export const ChannelConfig = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    url: httpUrl.describe('Where the message is POSTed as JSON'),
    secret: z.string().min(16).max(512).optional().describe('Signs each request (Standard Webhooks)'),
  }),
  z.strictObject({
    type: z.literal('email'),
    smtp: z
      .url({ protocol: /^smtps?$/, error: 'expected smtp://host:port or smtps://host:port' })
      .describe('The mail server, as smtp://user:password@mail.example:587'),
    from: z.string().min(3).max(320).regex(/@/, 'expected an e-mail address').describe('The sender'),
  }),
  z.strictObject({ type: z.literal('terminal') }),
  z.strictObject({ type: z.literal('console') }),
]);
export type ChannelConfig = z.infer<typeof ChannelConfig>;

/** The channels by name; contacts of a Team mention them. The terminal and the console are there unless left out. */
export const NotifyConfig = z.strictObject({
  channels: z
    .record(
      z.string().regex(/^[a-z0-9][-a-z0-9]{0,62}$/, 'expected lower-case letters, digits and hyphens'),
      ChannelConfig,
    )
    .default({ terminal: { type: 'terminal' }, console: { type: 'console' } })
    .describe('How messages reach people, by name'),
});
export type NotifyConfig = z.infer<typeof NotifyConfig>;

/** Makes the configured channels. */
export function channelsOf(config: NotifyConfig, terminal: TerminalOptions = {}): Channel[] {
  return Object.entries(config.channels).map(([name, channel]) => channelOf(name, channel, terminal));
}

function channelOf(name: string, channel: ChannelConfig, terminal: TerminalOptions): Channel {
  switch (channel.type) {
    case 'webhook': {
      const { url, secret } = channel;
      return webhookChannel(name, { url, ...(secret === undefined ? {} : { secret }) });
    }
    case 'email':
      return emailChannel(name, channel);
    case 'terminal':
      return terminalChannel(name, terminal);
    case 'console':
      return consoleChannel(name);
  }
}
