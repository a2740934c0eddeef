import { type Catalog, Service, Team } from '../catalog/index.ts';
import { duration, epochMs, type Instant, instant, type Kernel, newId } from '../kernel/index.ts';
import type { NewMessage, Notifications, Severity } from '../notify/index.ts';
import { EscalationPolicy } from './escalation.ts';
import {
  acknowledged,
  exhausted,
  messageId,
  messageIds,
  type Page,
  type PageStep,
  plannedStep,
  stepCount,
  stepped,
  stopped,
} from './page.ts';
import { type Reached, type Rota, reach } from './reach.ts';
import { type Shift, shiftsAt, shiftsBetween } from './rotation.ts';
import { Route, routeFor } from './route.ts';
import { Schedule } from './schedule.ts';
import { type PageFilter, pageStore } from './store.ts';

const JOB = 'oncall.escalate';
/** How long the owners have before a page without a route counts as exhausted. */
const UNROUTED_WAIT_MS = 300_000;

export interface PageRequest {
  /** One page a key, as `INC-7` or `INC-7/2`: asking again returns the page that there is. */
  key: string;
  incident: string;
  service: string;
  severity: Severity;
  title: string;
  text: string;
  url?: string;
  /** The command that acknowledges it. */
  respond: string;
}

/** A shift together with its schedule and its team. */
export interface OnCallShift extends Shift {
  schedule: string;
  team: string;
}

/** Who is responsible at an instant, and paging them until somebody takes it. Timers are durable. */
export class OnCall {
  readonly #kernel: Kernel;
  readonly #catalog: Catalog;
  readonly #notifications: Notifications;
  readonly #store: ReturnType<typeof pageStore>;

  constructor(kernel: Kernel, catalog: Catalog, notifications: Notifications) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#notifications = notifications;
    this.#store = pageStore(kernel.db);
    kernel.jobs.define<{ page: string; n: number }>(JOB, ({ page, n }) => this.#escalate(page, n));
  }

  /** Who has each layer of a schedule at an instant. Throws `not_found`. */
  async at(schedule: string, now: Instant): Promise<OnCallShift[]> {
    const { spec } = await this.#catalog.get(Schedule, schedule);
    return shiftsAt(spec, now).map(shift => ({ schedule, team: spec.team, ...shift }));
  }

  /** Who is on call now, in every schedule. */
  async now(now: Instant): Promise<OnCallShift[]> {
    const schedules = await this.#catalog.list(Schedule);
    return schedules.flatMap(({ metadata, spec }) =>
      shiftsAt(spec, now).map(shift => ({ schedule: metadata.name, team: spec.team, ...shift })),
    );
  }

  /** The shifts of a schedule that touch [from, to), layer by layer. Throws `not_found`. */
  async between(schedule: string, from: Instant, to: Instant): Promise<OnCallShift[]> {
    const { spec } = await this.#catalog.get(Schedule, schedule);
    return spec.layers.flatMap(layer =>
      shiftsBetween(spec, layer, from, to).map(shift => ({ schedule, team: spec.team, ...shift })),
    );
  }

  /** Pages whoever is on call, in the transaction under way, and goes on until somebody acknowledges. */
  async page(request: PageRequest): Promise<Page> {
    return this.#kernel.db.transaction(async () => {
      const page = await this.#begin(request);
      if (await this.#store.add(page)) return this.#step(page);
      return (await this.#store.find(request.key))!;
    });
  }

  /** Somebody takes the incident: no further step of its pages, and what has not gone out yet does not go out. */
  async acknowledge(incident: string, by: string): Promise<Page[]> {
    return this.#end(incident, 'page.acknowledged', (page, now) => acknowledged(page, by, now));
  }

  /** The incident has ended: nobody is paged for it any more. */
  async stop(incident: string): Promise<Page[]> {
    return this.#end(incident, 'page.stopped', stopped);
  }

  /** Newest first. */
  async list(filter: Partial<PageFilter> = {}): Promise<Page[]> {
    return this.#store.list({ limit: 100, ...filter });
  }

  /** Tells everybody whom the incident's pages reached something that asks for nothing, as that it is over. */
  async tell(incident: string, notice: Omit<NewMessage, 'kind' | 'incident'>): Promise<void> {
    const pages = await this.#store.list({ incident, limit: 100 });
    const targets = pages.flatMap(page => page.steps).flatMap(step => step.people);
    const { recipients } = reach(
      targets.map(({ team, person }) => ({ team, person })),
      await this.#rota(),
      this.#now(),
    );
    await this.#notifications.queue({ ...notice, kind: 'notice', incident }, recipients);
  }

  /** A notice for all members of some teams. Teams that are not declared are told to nobody, and named in the log. */
  async inform(teams: readonly string[], notice: Omit<NewMessage, 'kind'>): Promise<void> {
    const { recipients, missed } = reach(
      teams.map(team => ({ team })),
      await this.#rota(),
      this.#now(),
    );
    if (missed.length > 0) this.#kernel.log.warn({ missed, message: notice.id }, 'a notice reached not all');
    if (recipients.length > 0) await this.#notifications.queue({ ...notice, kind: 'notice' }, recipients);
  }

  async #begin(request: PageRequest): Promise<Page> {
    const { service, severity } = request;
    const declared = await this.#catalog.find(Service, service);
    const route = routeFor(await this.#catalog.list(Route), {
      service,
      severity,
      ...(declared === undefined ? {} : { team: declared.spec.owner, tier: declared.spec.tier }),
    });
    const policy =
      route === undefined ? undefined : await this.#catalog.find(EscalationPolicy, route.spec.policy);
    // Without a route the owners are better than nobody.
    const owners = declared === undefined ? [] : [{ team: declared.spec.owner }];
    const steps =
      policy === undefined
        ? owners.map(owner => ({ notify: [owner], waitMs: UNROUTED_WAIT_MS }))
        : policy.spec.steps.map(({ notify, wait }) => ({ notify, waitMs: duration(wait) }));
    return {
      id: newId('pg'),
      ...request,
      ...(policy === undefined ? {} : { policy: policy.metadata.name }),
      state: 'active',
      plan: { steps, rounds: policy === undefined ? 1 : policy.spec.repeat + 1 },
      steps: [],
      createdAt: this.#now(),
    };
  }

  async #escalate(id: string, n: number): Promise<void> {
    await this.#kernel.db.transaction(async () => {
      const page = await this.#store.lock(id);
      // Delivered at least once: a step that was taken, or is no longer wanted, is not taken again.
      if (page === undefined || page.state !== 'active' || page.steps.length !== n) return;
      await this.#step(page);
    });
  }

  /** Carries out steps until one reaches somebody; then sets the timer for the one after it. */
  async #step(page: Page): Promise<Page> {
    const rota = await this.#rota();
    const now = this.#now();
    let current = page;
    for (let n = page.steps.length; ; n++) {
      const planned = plannedStep(current, n);
      // A whole round that reached nobody will not reach anybody in the next round of the same instant.
      const inVain = n >= current.plan.steps.length && current.steps.every(step => step.people.length === 0);
      if (planned === undefined || inVain) return this.#exhaust(current);
      const reached = reach(planned.notify, rota, now);
      const step: PageStep = { n, at: now, people: reached.people, missed: reached.missed };
      const nextAt = instant(epochMs(now) + (reached.people.length === 0 ? 0 : planned.waitMs));
      current = stepped(current, step, nextAt);
      await this.#send(current, step, reached);
      if (reached.people.length === 0) continue;
      await this.#store.put(current);
      await this.#kernel.jobs.schedule({
        kind: JOB,
        key: messageId(current, n + 1),
        data: { page: current.id, n: n + 1 },
        at: nextAt,
      });
      return current;
    }
  }

  async #send(page: Page, step: PageStep, { recipients }: Reached): Promise<void> {
    if (recipients.length > 0)
      await this.#notifications.queue(messageOf(page, messageId(page, step.n), page.text), recipients);
    const type = step.n === 0 ? 'page.sent' : 'page.escalated';
    await this.#kernel.events.emit(type, page.incident, { page, step });
  }

  /** Nobody took it. Said on whatever this server has at hand, besides the event that puts it on the timeline. */
  async #exhaust(page: Page): Promise<Page> {
    const reached = page.steps.some(step => step.people.length > 0);
    const reason = reached
      ? `nobody acknowledged after ${stepCount(page)} ${stepCount(page) === 1 ? 'step' : 'steps'}`
      : page.policy === undefined
        ? `no route leads from ${page.service} to an escalation policy, and its owners could not be reached`
        : `the escalation policy ${page.policy} reaches nobody: ${page.steps.flatMap(step => step.missed).join('; ')}`;
    const ended = exhausted(page, reason, this.#now());
    await this.#store.put(ended);
    const text = `${page.text}\n\nThis incident has no responder: ${reason}.`;
    await this.#notifications.broadcast(messageOf(page, `${page.id}/exhausted`, text));
    await this.#kernel.events.emit('page.exhausted', page.incident, { page: ended, reason });
    this.#kernel.log.error({ page: page.id, key: page.key, reason }, 'a page reached nobody who took it');
    return ended;
  }

  async #end(
    incident: string,
    event: string,
    transition: (page: Page, now: Instant) => Page,
  ): Promise<Page[]> {
    return this.#kernel.db.transaction(async () => {
      const pages: Page[] = [];
      for (const page of await this.#store.lockOf(incident)) {
        const next = transition(page, this.#now());
        pages.push(next);
        if (next === page) continue;
        await this.#store.put(next);
        await this.#kernel.jobs.cancel(JOB, messageId(page, page.steps.length));
        await this.#notifications.withdraw(messageIds(page));
        await this.#kernel.events.emit(event, incident, { page: next });
      }
      return pages;
    });
  }

  async #rota(): Promise<Rota> {
    return { schedules: await this.#catalog.list(Schedule), teams: await this.#catalog.list(Team) };
  }

  #now(): Instant {
    return instant(this.#kernel.clock.now());
  }
}

function messageOf({ incident, title, severity, url, respond }: Page, id: string, text: string): NewMessage {
  return {
    id,
    kind: 'page',
    subject: `${incident}: ${title}`,
    text: `${text}\n\nAcknowledge: ${respond}`,
    severity,
    incident,
    ...(url === undefined ? {} : { url }),
  };
}
