export type { Attempt, Channel } from './channel.ts';
export { ChannelError } from './channel.ts';
export { ChannelConfig, channelsOf, NotifyConfig } from './config.ts';
export { Delivery, MAX_ATTEMPTS } from './delivery.ts';
export { bounded, Message, type NewMessage, printable, Recipient } from './message.ts';
export { Notifications } from './notifications.ts';
export { notifyOperations } from './operations.ts';
export { isWorse, Severity, wakesSomeone } from './severity.ts';
export { notifyMigrations } from './store.ts';
