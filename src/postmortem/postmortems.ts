import { dateOf, Fault, instant, type Kernel, messageOf } from '../kernel/index.ts';
import { blameProblems } from './blameless.ts';
import { draftOf } from './document.ts';
import type { PostmortemFacts } from './facts.ts';
import { readDocument, writeDocument } from './file.ts';
import { peopleOf } from './people.ts';
import type { Postmortem } from './postmortem.ts';
import { postmortemStore } from './store.ts';

export interface PostmortemOptions {
  /** Also written there, a Markdown file each. */
  folder?: string;
}

const MAX_MARKDOWN = 500_000;

/**
 * Closed incidents as documents. A draft is made from facts and may be made again as facts arrive; once people have
 * edited it (through Nines or in its file) it is theirs, and no draft writes over it. Every version is kept.
 */
export class Postmortems {
  readonly #kernel: Kernel;
  readonly #facts: (incident: string) => Promise<PostmortemFacts>;
  readonly #folder: string | undefined;
  readonly #store: ReturnType<typeof postmortemStore>;

  constructor(
    kernel: Kernel,
    facts: (incident: string) => Promise<PostmortemFacts>,
    { folder }: PostmortemOptions = {},
  ) {
    this.#kernel = kernel;
    this.#facts = facts;
    this.#folder = folder;
    this.#store = postmortemStore(kernel.db);
  }

  /**
   * Drafts, or drafts anew, unless people have edited it: then it is given back as it is. Safe to repeat: without new
   * facts nothing changes and nothing is told. Throws `not_found` for an unknown incident.
   */
  async draft(incident: string): Promise<Postmortem> {
    const known = await this.#store.get(incident);
    if (known?.edited === true) return known;
    const inFile = known?.path === undefined ? undefined : await readDocument(known.path);
    if (known !== undefined && inFile !== undefined && inFile !== known.markdown)
      return this.#keep({ ...known, markdown: inFile.slice(0, MAX_MARKDOWN), edited: true }, 'file');
    const facts = await this.#facts(incident);
    // The time of drafting stands in the text: a text that differs in nothing else is no new version.
    const at = known?.draftedAt ?? this.#now();
    const same = known === undefined ? undefined : draftOf(facts, at);
    if (known !== undefined && same?.markdown === known.markdown) return known;
    const now = this.#now();
    const { title, markdown, actions } = draftOf(facts, now);
    return this.#keep(
      {
        incident,
        title,
        at: now,
        draftedAt: now,
        version: 0,
        edited: false,
        markdown,
        actions,
        ...(known?.path === undefined ? {} : { path: known.path }),
      },
      'nines',
      dateOf(facts.incident.onsetAt),
    );
  }

  /** Replaces the text by what people wrote. Throws `invalid`, with places, for words about people rather than systems. */
  async edit(incident: string, markdown: string, author: string): Promise<Postmortem> {
    const known = await this.get(incident);
    if (markdown.trim() === '' || markdown.length > MAX_MARKDOWN)
      throw new Fault('invalid', `A postmortem has between 1 and ${MAX_MARKDOWN} characters.`, {
        field: 'markdown',
      });
    const problems = blameProblems(markdown, { people: peopleOf(await this.#facts(incident)) });
    if (problems.length > 0)
      throw new Fault('invalid', 'A postmortem is about systems, not people.', {
        field: 'markdown',
        problems: problems.slice(0, 50),
        hint: 'Say what the system allowed or did not show, and use roles for names.',
      });
    return this.#keep({ ...known, markdown, edited: true }, author);
  }

  /** The current version, or an earlier one. Throws `not_found`. */
  async get(incident: string, version?: number): Promise<Postmortem> {
    const found =
      version === undefined ? await this.#store.get(incident) : await this.#store.version(incident, version);
    if (found !== undefined) return found;
    const known = version === undefined ? undefined : await this.#store.get(incident);
    throw new Fault(
      'not_found',
      known === undefined
        ? `Incident ${incident.slice(0, 40)} has no postmortem yet.`
        : `The postmortem of ${incident.slice(0, 40)} has no version ${version}; the newest is ${known.version}.`,
      known === undefined ? { hint: `nines postmortem draft ${incident.slice(0, 40)} drafts it now.` } : {},
    );
  }

  /** Newest first. */
  async list(limit = 50): Promise<Postmortem[]> {
    return this.#store.list(Math.min(Math.max(limit, 1), 200));
  }

  async #keep(postmortem: Postmortem, author: string, date?: string): Promise<Postmortem> {
    const { db, events, log } = this.#kernel;
    const kept = await db.transaction(async () => {
      const known = await this.#store.lock(postmortem.incident);
      // People's words win over a draft that was on its way meanwhile.
      if (known?.edited === true && !postmortem.edited) return known;
      const next = { ...postmortem, at: this.#now(), version: (known?.version ?? 0) + 1 };
      await this.#store.put(next, author);
      await events.emit(next.edited ? 'postmortem.edited' : 'postmortem.drafted', next.incident, {
        postmortem: next,
        author,
      });
      return next;
    });
    if (this.#folder === undefined || author === 'file') return kept;
    const name = `${date ?? dateOf(kept.draftedAt)}-${kept.incident.replace(/[^A-Za-z0-9_-]/g, '-')}`;
    try {
      const path = await writeDocument(this.#folder, { path: kept.path, name, markdown: kept.markdown });
      if (path === kept.path) return kept;
      const placed = { ...kept, path };
      await this.#store.put(placed, author);
      return placed;
    } catch (error) {
      log.error(
        { error, incident: kept.incident, folder: this.#folder },
        'a postmortem is stored, but its file could not be written',
      );
      const problem = `The file could not be written: ${messageOf(error).slice(0, 300)}.`;
      return { ...kept, problem };
    }
  }

  #now(): string {
    return instant(this.#kernel.clock.now());
  }
}
