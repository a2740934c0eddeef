import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import type { PostmortemFacts } from './facts.ts';
import { Postmortems } from './postmortems.ts';
import { postmortemMigrations } from './store.ts';
import { resolvedFacts } from './testing.ts';

let kernel: TestKernel;
let folder: string;
let facts: PostmortemFacts;
let postmortems: Postmortems;

beforeEach(async () => {
  kernel = await startedKernel(postmortemMigrations, { now: '2026-01-27T02:09:00.000Z', log: 'silent' });
  folder = mkdtempSync(join(tmpdir(), 'nines-postmortems-'));
  facts = resolvedFacts();
  postmortems = new Postmortems(kernel, async () => facts, { folder });
});
afterEach(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true, force: true });
});

const drafted = async () => (await kernel.events.after(0, { type: 'postmortem.drafted' })).length;

test('a draft is stored, written as a file and told once, however often it is asked for', async () => {
  const first = await postmortems.draft('INC-7');
  await kernel.clock.advance(60_000);
  const again = await postmortems.draft('INC-7');
  assert.deepEqual(again, first);
  assert.equal(first.version, 1);
  assert.deepEqual(readdirSync(folder), ['2026-01-27-INC-7.md']);
  assert.equal(readFileSync(first.path!, 'utf8'), first.markdown);
  assert.equal(await drafted(), 1);
});

test('new facts make a new version in the same file; the old version is kept', async () => {
  const first = await postmortems.draft('INC-7');
  facts = resolvedFacts({ hadCanary: true });
  const second = await postmortems.draft('INC-7');
  assert.equal(second.version, 2);
  assert.equal(second.path, first.path);
  assert.equal(readFileSync(first.path!, 'utf8'), second.markdown);
  assert.equal((await postmortems.get('INC-7', 1)).markdown, first.markdown);
});

test('what people wrote is not drafted over', async () => {
  await postmortems.draft('INC-7');
  const edited = await postmortems.edit('INC-7', '# Ours\n\nThe pool had no alert.\n', 'a responder');
  facts = resolvedFacts({ hadCanary: true });
  const after = await postmortems.draft('INC-7');
  assert.equal(after.markdown, '# Ours\n\nThe pool had no alert.\n');
  assert.equal(after.version, edited.version);
  assert.equal(readFileSync(after.path!, 'utf8'), after.markdown);
});

test('what people wrote into the file is taken over, not written over', async () => {
  const first = await postmortems.draft('INC-7');
  writeFileSync(first.path!, '# Edited in the repository\n');
  facts = resolvedFacts({ hadCanary: true });
  const after = await postmortems.draft('INC-7');
  assert.equal(after.edited, true);
  assert.equal(after.markdown, '# Edited in the repository\n');
  assert.equal(readFileSync(first.path!, 'utf8'), '# Edited in the repository\n');
});

test('a document of the same name that is not ours stays', async () => {
  writeFileSync(join(folder, '2026-01-27-INC-7.md'), 'another system\n');
  const made = await postmortems.draft('INC-7');
  assert.match(made.path!, /2026-01-27-INC-7-2\.md$/);
  assert.equal(readFileSync(join(folder, '2026-01-27-INC-7.md'), 'utf8'), 'another system\n');
});

test('an edit that judges people is refused, with the place', async () => {
  await postmortems.draft('INC-7');
  await assert.rejects(
    postmortems.edit('INC-7', 'Fine.\nann-example was careless.\n', 'x'),
    (fault: unknown) => {
      const { code, detail } = fault as { code: string; detail: { problems: { place: { line: number } }[] } };
      assert.equal(code, 'invalid');
      assert.deepEqual(
        detail.problems.map(each => each.place.line),
        [2, 2],
      );
      return true;
    },
  );
});

test('a folder that cannot be written loses no postmortem, and says so', async () => {
  const file = join(folder, 'plain');
  writeFileSync(file, '');
  const blocked = new Postmortems(kernel, async () => facts, { folder: join(file, 'below') });
  const made = await blocked.draft('INC-7');
  assert.match(made.problem ?? '', /could not be written/);
  assert.equal((await blocked.get('INC-7')).markdown, made.markdown);
  assert.equal(await drafted(), 1);
});

test('an incident without a postmortem is not found, with the command that drafts it', async () => {
  await assert.rejects(postmortems.get('INC-9'), { code: 'not_found' });
});
