export type { Attempt, Channel } from './channel.ts';
export { type ChannelConfig, channelsOf, NotifyConfig } from './config.ts';
export type { Delivery } from './delivery.ts';
export { bounded, type Message, type NewMessage, printable, type Recipient } from './message.ts';
export { Notifications } from './notifications.ts';
export { isWorse, Severity, wakesSomeone } from './severity.ts';
export { deliveryPruning, messagePruning, notifyMigrations } from './store.ts';
