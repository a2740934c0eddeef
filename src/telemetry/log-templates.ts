import { current, type KeptTemplate, type Template, TemplateMiner } from './log-template.ts';

/** A template as its table has it. */
export interface TemplateRow extends KeptTemplate {
  service: string;
  /** When it was written, in ms; a later row of the same template has a later time. */
  seen: number;
}

export interface LogTemplatesOptions {
  now: () => number;
  /** Lines a second that are mined as they arrive; beyond it they go by 0 and are mined when somebody asks. Default 15,000. */
  perSecond?: number;
  /** Lines that may be mined at once after a quiet time. Default 40,000. */
  burst?: number;
  /** Services whose templates are in memory; who was silent longest goes first. Default 200. */
  maxServices?: number;
  /** Templates of a service. Default 2,000. */
  maxTemplates?: number;
}

/** Bodies of a service that come again as they are. */
const mostRemembered = 1_000;
const longestRemembered = 300;
const dayMs = 86_400_000;
/** Rows that wait to be written; more are written when they change again, or the next day. */
const mostUnwritten = 50_000;

interface Service {
  miner: TemplateMiner;
  byBody: Map<string, Template>;
  /** On which day each template was written last: while it is in use it must not grow old in its table. */
  written: Map<number, number>;
  again: Map<number, Template>;
}

/**
 * The templates of all services, found as records arrive. Bounded in time, by the lines a second, and in memory, by
 * services and templates. What is new or has changed is asked for by who writes it, before the records that have it.
 */
export class LogTemplates {
  readonly #options: Required<LogTemplatesOptions>;
  /** In the order of their last record. */
  readonly #services = new Map<string, Service>();
  #unwritten: TemplateRow[] = [];
  #last = '';
  #seen = 0;
  #tokens: number;
  #filledAt: number;

  constructor(options: LogTemplatesOptions) {
    this.#options = { perSecond: 15_000, burst: 40_000, maxServices: 200, maxTemplates: 2_000, ...options };
    this.#tokens = this.#options.burst;
    this.#filledAt = this.#options.now();
  }

  /** The number of a record's template; 0 when there is no time to look for it. */
  templateOf(service: string, text: () => string): number {
    if (!this.#taken()) return 0;
    const known = this.#service(service);
    const body = text();
    let template = known.byBody.get(body);
    if (template === undefined) {
      template = known.miner.add(body);
      if (body.length <= longestRemembered) {
        if (known.byBody.size >= mostRemembered) known.byBody.clear();
        known.byBody.set(body, template);
      }
    }
    template = current(template);
    const { id } = template;
    const today = Math.floor(this.#filledAt / dayMs);
    if (known.written.get(id) !== today) {
      known.written.set(id, today);
      known.again.set(id, template);
    }
    return id;
  }

  /** Rows for the table of templates: those that are new, or have another text, or were not written today. */
  takeUnwritten(): TemplateRow[] {
    const rows = this.#unwritten;
    this.#unwritten = [];
    this.#seen = Math.max(this.#seen + 1, this.#options.now());
    const seen = this.#seen;
    for (const [service, known] of this.#services) {
      const byId = new Map<number, KeptTemplate>();
      for (const { id, tokens } of known.again.values()) byId.set(id, { id, into: 0, tokens: [...tokens] });
      known.again.clear();
      for (const template of known.miner.takeChanged()) byId.set(template.id, template);
      for (const template of byId.values()) rows.push({ service, seen, ...template });
    }
    return rows;
  }

  /** Rows that could not be written: they are due again. */
  putBack(rows: readonly TemplateRow[]): void {
    this.#unwritten.push(...rows.slice(0, mostUnwritten - this.#unwritten.length));
  }

  /** Templates of an earlier run. */
  restore(rows: readonly TemplateRow[]): void {
    for (const [service, templates] of Map.groupBy(rows, row => row.service))
      this.#service(service).miner.restore(templates);
  }

  #service(name: string): Service {
    let known = this.#services.get(name);
    if (known === undefined) {
      if (this.#services.size >= this.#options.maxServices) this.#forgetOldest();
      const { maxTemplates } = this.#options;
      known = {
        miner: new TemplateMiner({ seed: name, maxTemplates }),
        byBody: new Map(),
        written: new Map(),
        again: new Map(),
      };
    } else if (this.#last === name) return known;
    else this.#services.delete(name);
    this.#services.set(name, known);
    this.#last = name;
    return known;
  }

  #forgetOldest(): void {
    const [oldest] = this.#services.keys();
    const forgotten = this.#services.get(oldest!)!;
    for (const template of forgotten.miner.takeChanged())
      this.#unwritten.push({ service: oldest!, seen: this.#seen + 1, ...template });
    this.#services.delete(oldest!);
  }

  /** Whether there is time for one more line. */
  #taken(): boolean {
    const now = this.#options.now();
    const { perSecond, burst } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
