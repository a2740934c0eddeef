import type { Channel } from './channel.ts';

/** The web console: the delivery's own row and event are the message, and pages that follow events show it. */
export function consoleChannel(name: string): Channel {
  return { name, local: true, send: async () => ({}) };
}
