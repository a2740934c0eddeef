import { z } from 'zod';
import {
  type AnyOperation,
  type CallRequest,
  createCall,
  createLog,
  createMetrics,
  Fault,
  Instant,
  operationsOf,
  type Principal,
} from '../kernel/index.ts';

/** A small room for the tests of the surfaces: notes that can be kept, listed and thrown away. */
export class Notes {
  readonly kept = new Map<number, Note>();
  readonly seen: { operation: string; input: unknown; principal: Principal; surface: string }[] = [];
}

export const Note = z.object({
  id: z.int().describe('Number of the note'),
  text: z.string().describe('What it says'),
  tags: z.array(z.string()).describe('Words to find it by'),
  at: Instant.optional(),
});
export type Note = z.infer<typeof Note>;

const operation = operationsOf<{ notes: Notes }>();

const noteList = operation({
  name: 'note.list',
  summary: 'List the notes.',
  description: 'Newest first. Narrow it with tags.',
  effect: 'read',
  route: 'GET /notes',
  input: z.object({
    tag: z.array(z.string()).optional().describe('Only notes with all these words'),
    limit: z.int().min(1).max(1000).default(50).describe('How many at most'),
    minScore: z.number().optional().describe('Only notes of at least this score'),
    since: Instant.optional().describe('Only notes kept since'),
    pinned: z.boolean().optional().describe('Only pinned notes'),
    order: z.enum(['newest', 'oldest']).default('newest').describe('Which come first'),
  }),
  output: z.object({ notes: z.array(Note) }),
  run: async ({ tag, limit }, { notes }) => ({
    notes: [...notes.kept.values()]
      .filter(note => (tag ?? []).every(word => note.tags.includes(word)))
      .slice(0, limit),
  }),
  render: ({ notes }) =>
    notes.length === 0 ? 'No notes.' : notes.map(note => `${note.id}  ${note.text}`).join('\n'),
  examples: ['nines note list --tag disk --tag urgent'],
});

const noteKeep = operation({
  name: 'note.keep',
  summary: 'Keep a note.',
  effect: 'write',
  route: 'POST /notes',
  args: ['text'],
  input: z.object({
    text: z.string().min(1).max(100_000).describe('What it says'),
    tags: z.array(z.string()).default([]).describe('Words to find it by'),
    dryRun: z.boolean().default(false).describe('Only say what would be kept'),
  }),
  output: Note,
  run: async ({ text, tags, dryRun }, { notes, now }) => {
    const note = { id: notes.kept.size + 1, text, tags, at: now() };
    if (!dryRun) notes.kept.set(note.id, note);
    return note;
  },
  render: note => `Kept note ${note.id}.`,
  examples: ['nines note keep "Disk of db-1 is at 91 %" --tags disk'],
});

const noteGet = operation({
  name: 'note.get',
  summary: 'Show a note.',
  effect: 'read',
  route: 'GET /notes/:id',
  args: ['id'],
  input: z.object({ id: z.int().min(1).describe('Number of the note') }),
  output: Note,
  run: async ({ id }, { notes }) => find(notes, id),
  render: note => note.text,
});

const noteLatest = operation({
  name: 'note.latest',
  summary: 'Show the newest note.',
  effect: 'read',
  route: 'GET /notes/latest',
  input: z.object({}),
  output: Note,
  run: async (_, { notes }) => find(notes, notes.kept.size),
});

const noteBurn = operation({
  name: 'note.burn',
  summary: 'Destroy a note in the world outside.',
  effect: 'act',
  route: 'DELETE /notes/:id',
  args: ['id'],
  input: z.object({
    id: z.int().describe('Number of the note'),
    reason: z.string().optional().describe('Why'),
  }),
  output: z.object({ burnt: z.int() }),
  run: async ({ id }, { notes }) => {
    const note = find(notes, id);
    notes.kept.delete(id);
    return { burnt: note.id };
  },
});

const noteBreak = operation({
  name: 'note.break',
  summary: 'Fail in the way that is asked for.',
  effect: 'read',
  route: 'GET /breaks/:how',
  args: ['how'],
  input: z.object({ how: z.enum(['defect', 'overloaded', 'problems', 'never']).describe('In which way') }),
  output: z.object({}),
  run: async ({ how }, { signal }) => {
    if (how === 'defect') throw new Error('password=hunter2');
    if (how === 'overloaded') throw new Fault('overloaded', 'Too many notes.', { retryAfterSeconds: 7 });
    if (how === 'problems')
      throw new Fault('invalid', 'Two files are wrong.', {
        problems: [
          { message: 'No such owner.', place: { file: 'a.yaml', line: 3, column: 5 }, field: 'spec.owner' },
        ],
        hint: 'Mend them.',
      });
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    throw new DOMException('aborted', 'AbortError');
  },
});

const noteWhisper = operation({
  name: 'note.whisper',
  summary: 'Only here, on the command line.',
  effect: 'read',
  route: 'GET /whispers',
  input: z.object({}),
  output: z.object({ said: z.string() }),
  hidden: { http: 'it needs a terminal', mcp: 'it needs a terminal' },
  run: async () => ({ said: 'psst' }),
});

function find(notes: Notes, id: number): Note {
  const note = notes.kept.get(id);
  if (note === undefined)
    throw new Fault('not_found', `There is no note ${id}.`, { hint: 'nines note list shows them.' });
  return note;
}

/** The room's operations, as a registry has them. */
export const noteOperations: readonly AnyOperation<{ notes: Notes }>[] = [
  noteGet,
  noteList,
  noteKeep,
  noteLatest,
  noteBurn,
  noteBreak,
  noteWhisper,
];

/** The real call pipeline over the notes, with an audit that is kept in memory. */
export function notesApp() {
  const notes = new Notes();
  const metrics = createMetrics();
  const log = createLog('silent');
  const clock = { now: () => Date.parse('2026-01-27T03:00:00.000Z'), sleep: async () => {} };
  const audit = { append: async () => {}, begin: async () => '1', end: async () => {} };
  const call = createCall({ notes }, { audit, clock, log, metrics });
  return {
    notes,
    metrics,
    log,
    call: async (operation: AnyOperation<{ notes: Notes }>, input: unknown, request: CallRequest) => {
      notes.seen.push({
        operation: operation.name,
        input,
        principal: request.principal,
        surface: request.surface,
      });
      return await call(operation, input, request);
    },
  };
}
