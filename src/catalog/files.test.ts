import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { readFiles } from './files.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'nines-files-'));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

const FILES = {
  'a.yaml': 'a: 1\n',
  'nested/deeper/b.yml': 'b: 1\n',
  'nested/slo.json': '[{ "apiVersion": "openslo/v1", "kind": "Service" }]',
  'nested/dashboard.json': '{ "panels": [] }',
  'nested/notes.md': 'apiVersion: openslo/v1\n',
  '.hidden/c.yaml': 'c: 1\n',
};
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
  writeFileSync(join(FOLDER, path), text);
}

test('a folder gives its YAML and the JSON that declares resources, of all folders below it', () => {
  assert.deepEqual(
    readFiles(FOLDER).map(({ path }) => path.slice(FOLDER.length + 1)),
    ['a.yaml', 'nested/deeper/b.yml', 'nested/slo.json'],
  );
});

test('a file that is named is read whatever its name ends in', () => {
  assert.deepEqual(
    readFiles(join(FOLDER, 'nested/notes.md')).map(({ text }) => text),
    ['apiVersion: openslo/v1\n'],
  );
});

test('a folder of which nothing is read says what would be', () => {
  mkdirSync(join(FOLDER, 'empty'));
  assert.throws(() => readFiles(join(FOLDER, 'empty')), { code: 'invalid', message: /No YAML file/ });
});
