import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import type { PostmortemFacts } from './facts.ts';
import { Postmortems } from './postmortems.ts';
import { postmortemMigrations } from './store.ts';
import { resolvedFacts } from './testing.ts';

let kernel: TestKernel;
let folder: string;
let facts: PostmortemFacts;
let postmortems: Postmortems;
let id: string;
let made = 0;

before(async () => {
  kernel = await startedKernel(postmortemMigrations, { now: '2026-01-27T02:09:00.000Z', log: 'silent' });
});
after(() => kernel.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nines-postmortems-'));
  id = `INC-${++made}`;
  facts = factsOf();
  postmortems = new Postmortems(kernel, async () => facts, { folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Each test has an incident of its own in the one database. */
function factsOf(more: Partial<PostmortemFacts> = {}): PostmortemFacts {
  const plain = resolvedFacts(more);
  return { ...plain, incident: { ...plain.incident, id } };
}
const told = async () => (await kernel.events.after(0, { type: 'postmortem.drafted', subject: id })).length;

test('a draft is stored, written as a file and told once, however often it is asked for', async () => {
  const first = await postmortems.draft(id);
  await kernel.clock.advance(60_000);
  const again = await postmortems.draft(id);
  assert.deepEqual(again, first);
  assert.equal(first.version, 1);
  assert.deepEqual(readdirSync(folder), [`2026-01-27-${id}.md`]);
  assert.equal(readFileSync(first.path!, 'utf8'), first.markdown);
  assert.equal(await told(), 1);
});

test('that it was drafted, once on the timeline, makes no new version', async () => {
  await postmortems.draft(id);
  const note = {
    at: '2026-01-27T02:09:01.000Z',
    kind: 'postmortem',
    actor: 'nines',
    text: 'Postmortem drafted.',
  };
  facts = factsOf({ timeline: [...facts.timeline, note] });
  assert.equal((await postmortems.draft(id)).version, 1);
});

test('new facts make a new version in the same file; the old version is kept', async () => {
  const first = await postmortems.draft(id);
  facts = factsOf({ hadCanary: true });
  const second = await postmortems.draft(id);
  assert.equal(second.version, 2);
  assert.equal(second.path, first.path);
  assert.equal(readFileSync(first.path!, 'utf8'), second.markdown);
  assert.equal((await postmortems.get(id, 1)).markdown, first.markdown);
});

test('what people wrote is not drafted over', async () => {
  await postmortems.draft(id);
  const edited = await postmortems.edit(id, '# Ours\n\nThe pool had no alert.\n', 'a responder');
  facts = factsOf({ hadCanary: true });
  const after = await postmortems.draft(id);
  assert.equal(after.markdown, '# Ours\n\nThe pool had no alert.\n');
  assert.equal(after.version, edited.version);
  assert.equal(readFileSync(after.path!, 'utf8'), after.markdown);
});

test('what people wrote into the file is taken over, not written over', async () => {
  const first = await postmortems.draft(id);
  writeFileSync(first.path!, '# Edited in the repository\n');
  facts = factsOf({ hadCanary: true });
  const after = await postmortems.draft(id);
  assert.equal(after.edited, true);
  assert.equal(after.markdown, '# Edited in the repository\n');
  assert.equal(readFileSync(first.path!, 'utf8'), '# Edited in the repository\n');
});

test('a document of the same name that is not ours stays', async () => {
  writeFileSync(join(folder, `2026-01-27-${id}.md`), 'another system\n');
  const found = await postmortems.draft(id);
  assert.ok(found.path!.endsWith(`2026-01-27-${id}-2.md`));
  assert.equal(readFileSync(join(folder, `2026-01-27-${id}.md`), 'utf8'), 'another system\n');
});

test('an edit that judges people is refused, with the place', async () => {
  await postmortems.draft(id);
  await assert.rejects(postmortems.edit(id, 'Fine.\nann-example was careless.\n', 'x'), (fault: unknown) => {
    const { code, detail } = fault as { code: string; detail: { problems: { place: { line: number } }[] } };
    assert.equal(code, 'invalid');
    assert.deepEqual(
      detail.problems.map(each => each.place.line),
      [2, 2],
    );
    return true;
  });
});

test('a folder that cannot be written loses no postmortem, and says so', async () => {
  const file = join(folder, 'plain');
  writeFileSync(file, '');
  const blocked = new Postmortems(kernel, async () => facts, { folder: join(file, 'below') });
  const found = await blocked.draft(id);
  assert.match(found.problem ?? '', /could not be written/);
  assert.equal((await blocked.get(id)).markdown, found.markdown);
  assert.equal(await told(), 1);
});

test('an incident without a postmortem is not found, with the command that drafts it', async () => {
  await assert.rejects(postmortems.get('INC-999'), { code: 'not_found' });
});
