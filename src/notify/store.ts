import {
  type Database,
  given,
  type Instant,
  instant,
  type Migration,
  type Pruning,
} from '../kernel/index.ts';
import type { Delivery } from './delivery.ts';
import type { Message, Recipient } from './message.ts';

export const notifyMigrations: readonly Migration[] = [
  {
    name: 'notify/1-delivery',
    sql: `create table notification (id text primary key, at timestamptz not null, incident text, content jsonb not null);
          create table delivery (
            id text primary key, message text not null references notification (id),
            person text not null, channel text not null, address text not null,
            state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'withdrawn')),
            attempts int not null default 0, uncertain boolean not null default false,
            queued_at timestamptz not null, next_at timestamptz, claimed_at timestamptz, claimed_by text,
            sent_at timestamptz, failed_at timestamptz, error text, reference text,
            unique (message, channel, address));
          create index delivery_state on delivery (state, queued_at);
          create index delivery_queued on delivery (queued_at);`,
  },
];

/** A delivery is needed until it went out or was given up, and its message as long as it has one. */
export const deliveryPruning: Pruning = {
  name: 'deliveries',
  sql: `delete from delivery where id in (
          select id from delivery where queued_at < $1 and state in ('sent', 'failed', 'withdrawn')
          order by queued_at limit $2)
        returning id`,
};
export const messagePruning: Pruning = {
  name: 'messages',
  sql: `delete from notification where id in (
          select id from notification n where at < $1 and not exists (select 1 from delivery d where d.message = n.id)
          order by at limit $2)
        returning id`,
};

interface DeliveryRow {
  id: string;
  message: string;
  person: string;
  channel: string;
  address: string;
  state: Delivery['state'];
  attempts: number;
  uncertain: boolean;
  queued_at: Date;
  next_at: Date | null;
  claimed_at: Date | null;
  claimed_by: string | null;
  sent_at: Date | null;
  failed_at: Date | null;
  error: string | null;
  reference: string | null;
  content: Message;
}

/** A delivery with what sending it needs. */
export interface StoredDelivery {
  delivery: Delivery;
  message: Message;
  claim?: { by: string; at: Instant };
}

export interface DeliveryFilter {
  state?: Delivery['state'] | undefined;
  incident?: string | undefined;
  channel?: string | undefined;
  limit: number;
}

const COLUMNS = `d.id, d.message, d.person, d.channel, d.address, d.state, d.attempts, d.uncertain, d.queued_at, d.next_at,
  d.claimed_at, d.claimed_by, d.sent_at, d.failed_at, d.error, d.reference, n.content`;

export function deliveryStore(db: Database) {
  const read = async (where: string, values: readonly unknown[]): Promise<StoredDelivery[]> =>
    (
      await db.query<DeliveryRow>(
        `select ${COLUMNS} from delivery d join notification n on n.id = d.message ${where}`,
        values,
      )
    ).map(toStored);

  return {
    async addMessage(message: Message, at: Instant): Promise<void> {
      await db.query(
        'insert into notification (id, at, incident, content) values ($1, $2, $3, $4::jsonb) on conflict (id) do nothing',
        [message.id, at, message.incident ?? null, JSON.stringify(message)],
      );
    },

    /** False if there is a delivery of this message to this address by this channel already. */
    async add(id: string, message: string, to: Recipient, at: Instant): Promise<boolean> {
      const rows = await db.query(
        `insert into delivery (id, message, person, channel, address, state, queued_at, next_at)
         values ($1, $2, $3, $4, $5, 'queued', $6, $6) on conflict (message, channel, address) do nothing returning id`,
        [id, message, to.person, to.channel, to.address, at],
      );
      return rows.length > 0;
    },

    async lock(id: string): Promise<StoredDelivery | undefined> {
      return (await read('where d.id = $1 for update of d', [id]))[0];
    },

    async claim(id: string, by: string, at: Instant, uncertain: boolean): Promise<void> {
      await db.query(
        `update delivery set state = 'sending', attempts = attempts + 1, uncertain = uncertain or $4,
           claimed_by = $2, claimed_at = $3, next_at = null where id = $1`,
        [id, by, at, uncertain],
      );
    },

    async sent(id: string, at: Instant, reference: string | undefined): Promise<void> {
      await db.query(
        `update delivery set state = 'sent', sent_at = $2, reference = $3, error = null where id = $1`,
        [id, at, reference ?? null],
      );
    },

    async postpone(id: string, until: Instant, error: string): Promise<void> {
      await db.query(`update delivery set state = 'queued', next_at = $2, error = $3 where id = $1`, [
        id,
        until,
        error,
      ]);
    },

    async fail(id: string, at: Instant, error: string): Promise<void> {
      await db.query(
        `update delivery set state = 'failed', failed_at = $2, error = $3, next_at = null where id = $1`,
        [id, at, error],
      );
    },

    async withdraw(messages: readonly string[]): Promise<void> {
      await db.query(
        `update delivery set state = 'withdrawn', next_at = null where message = any($1) and state = 'queued'`,
        [[...messages]],
      );
    },

    async list({ state, incident, channel, limit }: DeliveryFilter): Promise<Delivery[]> {
      const rows = await read(
        `where ($1::text is null or d.state = $1) and ($2::text is null or n.incident = $2)
           and ($3::text is null or d.channel = $3)
         order by d.queued_at desc, d.id limit $4`,
        [state ?? null, incident ?? null, channel ?? null, limit],
      );
      return rows.map(row => row.delivery);
    },
  };
}

function toStored(row: DeliveryRow): StoredDelivery {
  const at = (date: Date | null) => (date === null ? undefined : instant(date.getTime()));
  const optional = {
    nextAt: at(row.next_at),
    sentAt: at(row.sent_at),
    failedAt: at(row.failed_at),
    error: row.error ?? undefined,
    reference: row.reference ?? undefined,
    incident: row.content.incident,
  };
  return {
    delivery: {
      id: row.id,
      message: row.message,
      person: row.person,
      channel: row.channel,
      address: row.address,
      state: row.state,
      attempts: row.attempts,
      uncertain: row.uncertain,
      queuedAt: instant(row.queued_at.getTime()),
      subject: row.content.subject,
      ...given(optional),
    },
    message: row.content,
    ...(row.claimed_by === null || row.claimed_at === null
      ? {}
      : { claim: { by: row.claimed_by, at: instant(row.claimed_at.getTime()) } }),
  };
}
