import { type Catalog, Service } from '../catalog/index.ts';
import {
  type Duration,
  duration,
  epochMs,
  Fault,
  type Instant,
  instant,
  type Kernel,
  type Principal,
} from '../kernel/index.ts';
import { bounded, printable, type Severity, wakesSomeone } from '../notify/index.ts';
import type { OnCall } from '../oncall/index.ts';
import { alertEnded, alertJoined, firingKey } from './alerts.ts';
import { AlertFacts, Declaration, Impact } from './facts.ts';
import {
  acknowledged,
  advanced,
  assigned,
  type Change,
  type Incident,
  mitigated,
  movedTo,
  type Phase,
  type RoleName,
  reopened,
  resolved,
  updated,
  withImpact,
  withSeverity,
} from './incident.ts';
import { type Adjacent, joins } from './join.ts';
import { openedByAlert, openedByPerson, type ServiceFacts } from './opening.ts';
import { recordPaging } from './paging.ts';
import { type Indicators, Settling } from './settling.ts';
import { severityOf } from './severity.ts';
import { type IncidentFilter, incidentStore } from './store.ts';
import type { EntryKind, NewEntry, TimelineEntry } from './timeline.ts';
import { nextUpdateMs, updateFacts, updateText } from './update.ts';

export interface IncidentOptions {
  /** How long it must stay quiet, or its indicators good, before Nines resolves it by itself. Default 5 min. */
  settle?: Duration;
  /** How old an incident may be for an alert of a neighbouring service to join it. Default 30 min. */
  joinWithin?: Duration;
  /** Where people look at an incident. */
  link?: (id: string) => string;
  /** Whether the services' indicators were good over a window; without it only the alerts' end tells. */
  indicators?: Indicators;
}

export interface EntryRequest extends NewEntry {
  /** Moves the phase on, if it lies ahead. A verdict implies `assess` and an action `mitigate` already. */
  phase?: Phase;
}

const JOB_UPDATE = 'incident.update-due';
const MAX_TEXT = 4_000;
const MAX_DATA = 262_144;
const MAX_TIMELINE = 5_000;
const IMPLIED: Partial<Record<EntryKind, Phase>> = { verdict: 'assess', action: 'mitigate' };

/** Incidents from the first alert to the end, each with its timeline. Every transition takes the row's lock. */
export class Incidents {
  readonly #kernel: Kernel;
  readonly #catalog: Catalog;
  readonly #oncall: OnCall;
  readonly #options: IncidentOptions;
  readonly #store: ReturnType<typeof incidentStore>;
  readonly #settling: Settling;

  constructor(kernel: Kernel, catalog: Catalog, oncall: OnCall, options: IncidentOptions = {}) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#oncall = oncall;
    this.#options = options;
    this.#store = incidentStore(kernel.db);
    this.#settling = new Settling(kernel, this, options.settle ?? duration('5m'), options.indicators);
    recordPaging(kernel, this);
    kernel.jobs.define<{ incident: string; due: Instant }>(JOB_UPDATE, ({ incident, due }) =>
      this.#updateDue(incident, due),
    );
  }

  /** An alert fired: it joins the incident it belongs to, or opens one and pages. The same firing changes nothing again. */
  async open(facts: AlertFacts): Promise<Incident> {
    const alert = AlertFacts.parse(facts);
    return this.#kernel.db.transaction(async () => {
      await this.#store.lockOpening();
      const firing = firingKey(alert);
      const known = await this.#store.incidentOfFiring(firing);
      if (known !== undefined) return this.get(known);
      const now = this.#now();
      const service = await this.#service(alert.service);
      const active = await this.#store.list({ active: true, limit: 500 });
      const windowMs = this.#options.joinWithin ?? duration('30m');
      const home = joins(active, alert, await this.#adjacency(), now, windowMs);
      if (home === undefined) {
        const incident = await this.#add(id => openedByAlert(id, alert, service, now));
        await this.#store.bindFiring(firing, alert.id, incident.id);
        return incident;
      }
      await this.#store.bindFiring(firing, alert.id, home.incident.id);
      const judged = severityOf({ tier: service.tier, severity: alert.severity, burnRate: alert.burnRate });
      return this.change(home.incident.id, incident =>
        alertJoined(incident, alert, judged, home.because, now),
      );
    });
  }

  /**
   * An alert ended. When all of an incident's have, it is mitigated. Throws `conflict` if its firing has not been heard of:
   * events may overtake each other, and this one is then told again.
   */
  async alertResolved(alert: {
    id: string;
    firedAt?: Instant | undefined;
    endsAt?: Instant | undefined;
  }): Promise<Incident> {
    const { id: alertId, firedAt, endsAt } = alert;
    const id =
      firedAt === undefined
        ? await this.#store.incidentOfAlert(alertId)
        : await this.#store.incidentOfFiring(firingKey({ id: alertId, firedAt }));
    if (id === undefined)
      throw new Fault('conflict', `The alert ${alertId.slice(0, 80)} has opened no incident yet.`);
    const now = this.#now();
    return this.change(id, incident => alertEnded(incident, { id: alertId, firedAt }, endsAt ?? now, now));
  }

  /** A person declares an incident. Declaring the same again, word for word, returns the one that is open. */
  async declare(declaration: Declaration, by: string): Promise<Incident> {
    const said = Declaration.parse(declaration);
    const text = said.text === undefined ? {} : { text: printable(said.text) };
    const declared = { ...said, ...text, title: titleLine(said.title) };
    return this.#kernel.db.transaction(async () => {
      await this.#store.lockOpening();
      const active = await this.#store.list({ active: true, service: declared.service, limit: 100 });
      const same = active.find(one => one.title === declared.title && one.service === declared.service);
      if (same !== undefined) return same;
      const service = await this.#service(declared.service);
      return this.#add(id => openedByPerson(id, declared, service, by, this.#now()));
    });
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<Incident> {
    const found = await this.#store.find(id);
    if (found !== undefined) return found;
    throw await this.#notFound(id);
  }

  /** Newest first. */
  async list(filter: Partial<IncidentFilter> = {}): Promise<Incident[]> {
    return this.#store.list({ limit: 100, ...filter });
  }

  /** In the order of recording. Throws `not_found`. */
  async timeline(id: string, { after = 0, limit = MAX_TIMELINE } = {}): Promise<TimelineEntry[]> {
    await this.get(id);
    return this.#store.timeline(id, after, Math.min(limit, MAX_TIMELINE));
  }

  /** Adds to the timeline, once per `dedupe`; returns what stands there. A verdict is followed by an update. */
  async addEntry(id: string, { phase, ...entry }: EntryRequest): Promise<TimelineEntry> {
    const checked = checkedEntry(entry);
    return this.#kernel.db.transaction(async () => {
      const incident = await this.#lock(id);
      const before =
        checked.dedupe === undefined ? undefined : await this.#store.recorded(id, checked.dedupe);
      if (before !== undefined) return before;
      const added = await this.#append(incident.id, checked);
      const ahead = phase ?? IMPLIED[checked.kind];
      if (ahead !== undefined)
        await this.change(id, current => advanced(current, ahead, this.#now(), checked.actor));
      if (checked.kind === 'verdict') await this.#publish(id, 'nines', true);
      return added!;
    });
  }

  async acknowledge(id: string, by: Principal): Promise<Incident> {
    return this.#kernel.db.transaction(async () => {
      const incident = await this.change(id, before => acknowledged(before, by.name, this.#now()));
      // A page that came after it was taken, as one for a fix that did not help, is answered by this too.
      await this.#oncall.acknowledge(id, by.name);
      return incident;
    });
  }

  async assignRole(id: string, role: RoleName, person: string, by: string): Promise<Incident> {
    return this.change(id, incident => assigned(incident, role, titleLine(person), by));
  }

  /** Forward only; throws `conflict` otherwise. The same phase changes nothing. */
  async moveTo(id: string, phase: Phase, by = 'nines'): Promise<Incident> {
    return this.change(id, incident => movedTo(incident, phase, by, this.#now()));
  }

  async setSeverity(id: string, severity: Severity, why: string, by: string): Promise<Incident> {
    return this.change(id, incident => withSeverity(incident, severity, clause(why), by));
  }

  /** What users feel, as newly measured. */
  async setImpact(id: string, impact: Impact): Promise<Incident> {
    return this.change(id, incident => withImpact(incident, Impact.parse(impact)));
  }

  /** Users no longer feel it: a verification succeeded, or a person says so. `why` is a clause. */
  async mitigated(id: string, why: string, by = 'nines'): Promise<Incident> {
    return this.change(id, incident => mitigated(incident, clause(why), by, this.#now()));
  }

  /** Throws `conflict` while alerts fire, unless `anyway`. `why` is a clause. */
  async resolve(id: string, how: { why: string; by: string; anyway?: boolean }): Promise<Incident> {
    return this.change(id, incident => resolved(incident, { ...how, why: clause(how.why) }, this.#now()));
  }

  async reopen(id: string, why: string, by: string): Promise<Incident> {
    return this.change(id, incident => reopened(incident, clause(why), by, this.#now()));
  }

  /** Tells how it stands: in the given words, or in sentences made from the facts. Promises the next update. */
  async update(id: string, by: string, text?: string): Promise<TimelineEntry> {
    return this.#publish(id, by, false, text);
  }

  /** Any transition, with the row locked: stores it, records its entries, and carries out what follows from it. */
  async change(id: string, transition: (incident: Incident) => Change): Promise<Incident> {
    return this.#kernel.db.transaction(async () => {
      const before = await this.#lock(id);
      const { incident, entries } = transition(before);
      if (incident === before && entries.length === 0) return before;
      const after = { ...incident, version: before.version + 1 };
      await this.#store.put(after);
      for (const entry of entries) await this.#append(id, checkedEntry(entry));
      await this.#follow(before, after);
      await this.#kernel.events.emit('incident.changed', id, { incident: await this.get(id) });
      return this.get(id);
    });
  }

  async #add(make: (id: string) => Change): Promise<Incident> {
    const number = await this.#store.nextNumber();
    const { incident, entries } = make(`INC-${number}`);
    await this.#store.add(incident, number);
    for (const entry of entries) await this.#append(incident.id, checkedEntry(entry));
    await this.#kernel.events.emit('incident.opened', incident.id, { incident });
    await this.#callIfNeeded(undefined, incident);
    await this.#publish(incident.id, 'nines', true);
    return this.get(incident.id);
  }

  /** What a transition brings about, in the same transaction. */
  async #follow(before: Incident, after: Incident): Promise<void> {
    const { id } = after;
    const { events } = this.#kernel;
    if (after.acknowledgedAt !== undefined && before.acknowledgedAt === undefined) {
      await this.#oncall.acknowledge(id, after.acknowledgedBy ?? 'nines');
      await events.emit('incident.acknowledged', id, { incident: after });
    }
    await this.#callIfNeeded(before, after);
    await this.#settling.follow(before, after);
    if (after.status === before.status) return;
    if (after.status === 'resolved') await this.#oncall.stop(id);
    const told = await this.#publish(id, 'nines', true);
    if (after.status === 'resolved')
      await this.#oncall.tell(id, {
        id: `${id}/resolved/${after.version}`,
        subject: `${id} is resolved: ${after.title}`,
        text: told.text,
        severity: after.severity,
        ...this.#url(id),
      });
    const type = after.status === 'open' ? 'incident.reopened' : `incident.${after.status}`;
    await events.emit(type, id, { incident: await this.get(id) });
  }

  /** Calls somebody when it becomes severe enough, and again when it comes back. */
  async #callIfNeeded(before: Incident | undefined, after: Incident): Promise<void> {
    if (!wakesSomeone(after.severity) || after.status !== 'open') return;
    const isBack = before !== undefined && before.status !== 'open';
    if (after.calls > 0 && !isBack) return;
    const calls = after.calls + 1;
    await this.#store.put({ ...after, calls });
    const { id, service, severity, title, impact, severityWhy } = after;
    const felt = impact?.statement ?? 'How many requests are affected is not known yet.';
    await this.#oncall.page({
      key: calls === 1 ? id : `${id}/${calls}`,
      incident: id,
      service,
      severity,
      title,
      text: `${felt}\n${severity}: ${severityWhy}.${isBack ? '\nIt was mitigated, and is back.' : ''}`,
      respond: `nines incident acknowledge ${id}`,
      ...this.#url(id),
    });
  }

  async #publish(id: string, by: string, automatic: boolean, text?: string): Promise<TimelineEntry> {
    return this.#kernel.db.transaction(async () => {
      const incident = await this.#lock(id);
      const now = this.#now();
      const wait = nextUpdateMs(incident);
      const nextUpdateAt = wait === undefined ? undefined : instant(epochMs(now) + wait);
      const timeline = await this.#store.timeline(id, 0, MAX_TIMELINE);
      const { displayName } = await this.#service(incident.service);
      const said = text ?? updateText(updateFacts(incident, timeline, displayName, now, nextUpdateAt));
      const promise = nextUpdateAt === undefined ? {} : { nextUpdateAt };
      const { incident: next, entries } = updated(incident, { text: said, by, automatic, ...promise });
      await this.#store.put({ ...next, version: incident.version + 1 });
      const entry = await this.#append(id, checkedEntry(entries[0]!));
      if (nextUpdateAt !== undefined)
        await this.#kernel.jobs.schedule({
          kind: JOB_UPDATE,
          key: `${id}/${nextUpdateAt}`,
          data: { incident: id, due: nextUpdateAt },
          at: nextUpdateAt,
        });
      await this.#kernel.events.emit('incident.changed', id, { incident: await this.get(id) });
      return entry!;
    });
  }

  /** The promise of the last update is kept, unless there was another one in the meantime. */
  async #updateDue(id: string, due: Instant): Promise<void> {
    await this.#kernel.db.transaction(async () => {
      const incident = await this.#lock(id);
      if (incident.nextUpdateAt === due) await this.#publish(id, 'nines', true);
    });
  }

  async #append(id: string, entry: NewEntry): Promise<TimelineEntry | undefined> {
    const added = await this.#store.append(id, entry, this.#now());
    if (added !== undefined) await this.#kernel.events.emit('incident.timeline', id, { entry: added });
    return added;
  }

  async #lock(id: string): Promise<Incident> {
    const found = await this.#store.lock(id);
    if (found !== undefined) return found;
    throw await this.#notFound(id);
  }

  async #notFound(id: string): Promise<Fault> {
    const [last] = await this.#store.list({ limit: 1 });
    return new Fault('not_found', `There is no incident '${id.slice(0, 40)}'.`, {
      hint:
        last === undefined
          ? 'No incident has been opened yet.'
          : `The newest is ${last.id}: nines incident list.`,
    });
  }

  async #service(name: string): Promise<ServiceFacts> {
    const found = await this.#catalog.find(Service, name);
    return found === undefined
      ? { name, displayName: name }
      : { name, displayName: found.metadata.displayName ?? name, tier: found.spec.tier };
  }

  async #adjacency(): Promise<Adjacent> {
    const services = await this.#catalog.list(Service);
    const calls = new Map(services.map(({ metadata, spec }) => [metadata.name, spec.dependsOn]));
    return (a, b) => calls.get(a)?.includes(b) === true || calls.get(b)?.includes(a) === true;
  }

  #url(id: string): { url?: string } {
    return this.#options.link === undefined ? {} : { url: this.#options.link(id) };
  }

  #now(): Instant {
    return instant(this.#kernel.clock.now());
  }
}

/** Text comes from telemetry and people too: bounded, and without characters that move a terminal's cursor. */
function checkedEntry(entry: NewEntry): NewEntry {
  const text = printable(entry.text).trim();
  if (text === '') throw new Fault('invalid', 'A timeline entry needs text.', { field: 'text' });
  if (entry.data !== undefined && JSON.stringify(entry.data).length > MAX_DATA)
    throw new Fault('too_large', `The data of a timeline entry is over ${MAX_DATA} bytes.`, {
      field: 'data',
    });
  return { ...entry, text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…` : text };
}

function titleLine(text: string): string {
  return bounded({ id: 'title', subject: text, text: '' }).subject;
}

/** Without a full stop at the end: it stands inside a sentence. */
function clause(why: string): string {
  const text = printable(why).trim().replace(/\.+$/, '');
  if (text === '') throw new Fault('invalid', 'A reason is needed.', { field: 'why' });
  return text.slice(0, 1_000);
}
