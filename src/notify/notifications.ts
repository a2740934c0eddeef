import { epochMs, type Instant, instant, type Kernel, messageOf, newId } from '../kernel/index.ts';
import { type Channel, ChannelError } from './channel.ts';
import { type Delivery, waitAfter } from './delivery.ts';
import { bounded, type NewMessage, type Recipient } from './message.ts';
import { type DeliveryFilter, deliveryStore, type StoredDelivery } from './store.ts';

const JOB = 'notify.deliver';
/** No channel may take longer than this over one attempt. */
const SEND_TIMEOUT_MS = 30_000;
/** After this long a claim of another replica counts as abandoned. */
const CLAIM_MS = 60_000;
const MAX_ERROR = 500;

/**
 * Messages on their way to people. What was queued is stored; a delivery marked sent is never sent again. Between the
 * far side's acceptance and our mark there is a moment in which a crash leaves us not knowing: then the message
 * goes out once more under the same idempotency key, marked as a possible repetition, because a lost page is worse.
 */
export class Notifications {
  readonly #kernel: Kernel;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #store: ReturnType<typeof deliveryStore>;
  readonly #run = newId('run');
  readonly #underWay = new Set<string>();
  readonly #outcomes;

  constructor(kernel: Kernel, channels: readonly Channel[]) {
    this.#kernel = kernel;
    this.#channels = new Map(channels.map(channel => [channel.name, channel]));
    this.#store = deliveryStore(kernel.db);
    this.#outcomes = kernel.metrics.counter('nines_deliveries_total', 'Attempts to deliver messages.', [
      'channel',
      'outcome',
    ]);
    kernel.jobs.define<{ delivery: string; attempt: number }>(JOB, (data, signal) =>
      this.#deliver(data.delivery, data.attempt, signal),
    );
  }

  /** The channels that there are, by name. */
  get channels(): string[] {
    return [...this.#channels.keys()];
  }

  /** Stores the message for each recipient, in the transaction under way; sends it soon after the commit. */
  async queue(message: NewMessage, recipients: readonly Recipient[]): Promise<void> {
    const content = bounded(message);
    await this.#kernel.db.transaction(async () => {
      const now = this.#now();
      await this.#store.addMessage(content, now);
      for (const recipient of recipients) {
        const id = newId('dlv');
        if (!(await this.#store.add(id, content.id, recipient, now))) continue;
        if (this.#channels.has(recipient.channel))
          await this.#kernel.jobs.schedule({ kind: JOB, key: `${id}/1`, data: { delivery: id, attempt: 1 } });
        else {
          const names = this.channels.join(', ') || 'none';
          await this.#fail(id, `no channel named '${recipient.channel}' is configured (there are: ${names})`);
        }
      }
    });
  }

  /** To whoever looks at this server: its terminal and the console. The last resort when nobody can be reached. */
  async broadcast(message: NewMessage): Promise<void> {
    const local = [...this.#channels.values()].filter(channel => channel.local);
    await this.queue(
      message,
      local.map(({ name }) => ({ person: 'whoever sees this', channel: name, address: '' })),
    );
  }

  /** Takes back what has not gone out yet of these messages. */
  async withdraw(messages: readonly string[]): Promise<void> {
    if (messages.length > 0) await this.#store.withdraw(messages);
  }

  /** Newest first. */
  async list(filter: Partial<DeliveryFilter> = {}): Promise<Delivery[]> {
    return this.#store.list({ limit: 100, ...filter });
  }

  async stop(): Promise<void> {
    for (const channel of this.#channels.values()) await channel.close?.();
  }

  async #deliver(id: string, attempt: number, signal: AbortSignal): Promise<void> {
    if (this.#underWay.has(id)) return;
    this.#underWay.add(id);
    try {
      const claimed = await this.#claim(id, attempt);
      if (claimed !== undefined) await this.#send(claimed, signal);
    } finally {
      this.#underWay.delete(id);
    }
  }

  /** Marks it as being sent, before anything leaves; undefined if this attempt is not to be made. */
  async #claim(id: string, attempt: number): Promise<StoredDelivery | undefined> {
    return this.#kernel.db.transaction(async () => {
      const stored = await this.#store.lock(id);
      if (stored === undefined) return undefined;
      const { delivery, claim } = stored;
      const cutOff = delivery.state === 'sending' && delivery.attempts <= attempt;
      const due = delivery.state === 'queued' && delivery.attempts === attempt - 1;
      if (!cutOff && !due) return undefined;
      if (cutOff && claim !== undefined && this.#mayBeAlive(claim)) {
        const at = instant(epochMs(claim.at) + CLAIM_MS);
        const key = `${id}/${attempt}/after/${claim.at}`;
        await this.#kernel.jobs.schedule({ kind: JOB, key, data: { delivery: id, attempt }, at });
        return undefined;
      }
      await this.#store.claim(id, this.#run, this.#now(), cutOff);
      return this.#store.lock(id);
    });
  }

  /** The embedded database belongs to one process: whoever else claimed is dead. Replicas get the benefit of the doubt. */
  #mayBeAlive(claim: { by: string; at: Instant }): boolean {
    if (claim.by === this.#run || this.#kernel.db.engine === 'pglite') return false;
    return this.#kernel.clock.now() < epochMs(claim.at) + CLAIM_MS;
  }

  async #send({ delivery, message }: StoredDelivery, signal: AbortSignal): Promise<void> {
    const { id, channel, address, attempts, uncertain, person, queuedAt } = delivery;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
      const target = this.#channels.get(channel);
      if (target === undefined)
        throw new ChannelError(`the channel '${channel}' is no longer configured`, { permanent: true });
      const attempt = { delivery: id, number: attempts, uncertain, person, queuedAt };
      const { reference } = await target.send(message, address, limit, attempt);
      await this.#kernel.db.transaction(async () => {
        await this.#store.sent(id, this.#now(), reference);
        await this.#emit('notification.delivered', id);
      });
      this.#outcomes.inc({ channel, outcome: 'sent' });
    } catch (error) {
      // Nines is stopping: the row stays as it is, and the next start goes on with it.
      if (signal.aborted) throw error;
      await this.#again(delivery, error);
    }
  }

  async #again({ id, channel, attempts }: Delivery, error: unknown): Promise<void> {
    const reason = messageOf(error).slice(0, MAX_ERROR);
    const refused = error instanceof ChannelError && error.permanent;
    const wait = refused
      ? undefined
      : waitAfter(attempts, error instanceof ChannelError ? error.retryAfterMs : undefined);
    if (wait === undefined) {
      await this.#fail(id, refused ? reason : `given up after ${attempts} attempts; the last: ${reason}`);
      this.#outcomes.inc({ channel, outcome: 'failed' });
      return;
    }
    const at = instant(this.#kernel.clock.now() + wait);
    await this.#kernel.db.transaction(async () => {
      await this.#store.postpone(id, at, reason);
      const attempt = attempts + 1;
      await this.#kernel.jobs.schedule({
        kind: JOB,
        key: `${id}/${attempt}`,
        data: { delivery: id, attempt },
        at,
      });
    });
    this.#outcomes.inc({ channel, outcome: 'retried' });
  }

  async #fail(id: string, reason: string): Promise<void> {
    await this.#kernel.db.transaction(async () => {
      await this.#store.fail(id, this.#now(), reason);
      await this.#emit('notification.failed', id);
    });
    this.#kernel.log.error({ delivery: id, reason }, 'a message could not be delivered');
  }

  async #emit(type: 'notification.delivered' | 'notification.failed', id: string): Promise<void> {
    const stored = await this.#store.lock(id);
    if (stored === undefined) return;
    const { delivery } = stored;
    await this.#kernel.events.emit(type, delivery.incident ?? delivery.message, { delivery });
  }

  #now(): Instant {
    return instant(this.#kernel.clock.now());
  }
}
