import type { Catalog } from '../catalog/index.ts';
import {
  Fault,
  type Instant,
  instant,
  type Kernel,
  type Migration,
  newId,
  type Principal,
} from '../kernel/index.ts';
import { Drill, type DrillFacts, type DrillRecord, type DrillRun, type DrillSpec, judge } from './drill.ts';

export const chaosMigrations: readonly Migration[] = [
  {
    name: 'chaos/1-drill',
    sql: 'create table drill_run (id text primary key, drill text not null, started_at timestamptz not null, spec jsonb not null)',
  },
];

/** What a drill needs of the rest of Nines; handed in by the composition. */
export interface DrillWorld {
  /** Ships the bad release the way any release is shipped. */
  ship(spec: DrillSpec, drill: string, principal: Principal): Promise<void>;
  /** What has been reached since, read from what the rooms have stored. */
  facts(spec: DrillSpec, since: Instant): Promise<{ incident?: string; facts: DrillFacts }>;
  /** Why the drill must not begin now (an incident is open), if so. */
  refuse(spec: DrillSpec): Promise<string | undefined>;
}

/** Starts drills and tells how far they have come. A drill's progress is read from stored facts: it survives restarts. */
export class Drills {
  readonly #kernel: Kernel;
  readonly #catalog: Catalog;
  readonly #world: DrillWorld;

  constructor(kernel: Kernel, catalog: Catalog, world: DrillWorld) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#world = world;
  }

  async start(name: string, principal: Principal): Promise<DrillRun> {
    const { spec } = await this.#catalog.get(Drill, name);
    const reason = await this.#world.refuse(spec);
    if (reason !== undefined) throw new Fault('conflict', `The drill ${name} was not started: ${reason}`);
    const record: DrillRecord = {
      id: newId('drl'),
      drill: name,
      startedAt: instant(this.#kernel.clock.now()),
      spec,
    };
    await this.#kernel.db.query(
      'insert into drill_run (id, drill, started_at, spec) values ($1, $2, $3, $4::jsonb)',
      [record.id, name, record.startedAt, JSON.stringify(spec)],
    );
    await this.#world.ship(spec, name, principal);
    return this.show(record.id);
  }

  async show(id: string): Promise<DrillRun> {
    const [row] = await this.#kernel.db.query<{
      id: string;
      drill: string;
      started_at: Date;
      spec: DrillSpec;
    }>('select id, drill, started_at, spec from drill_run where id = $1', [id]);
    if (row === undefined) throw new Fault('not_found', `There is no drill run ${id.slice(0, 40)}.`);
    const record = {
      id: row.id,
      drill: row.drill,
      startedAt: instant(row.started_at.getTime()),
      spec: row.spec,
    };
    const { facts, incident } = await this.#world.facts(record.spec, record.startedAt);
    return judge(record, facts, incident, instant(this.#kernel.clock.now()));
  }

  async list(): Promise<{ name: string; spec: DrillSpec }[]> {
    return (await this.#catalog.list(Drill)).map(({ metadata, spec }) => ({ name: metadata.name, spec }));
  }
}
