import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../kernel/index.ts';
import { type DrillFacts, type DrillRecord, DrillSpec, judge, stageNames } from './drill.ts';

const start = Date.parse('2026-01-27T03:00:00.000Z');
const at = (seconds: number) => instant(start + seconds * 1000);
const record: DrillRecord = {
  id: 'drl_1',
  drill: 'bad-release',
  startedAt: at(0),
  spec: DrillSpec.parse({ title: 'A bad release', release: { service: 'payments', version: 'v2' } }),
};
/** Facts with a stage every `step` seconds, up to and including `last`. */
function facts(step: number, last: (typeof stageNames)[number] = 'postmortem'): DrillFacts {
  const names = stageNames.slice(0, stageNames.indexOf(last) + 1);
  return Object.fromEntries(names.map((name, index) => [name, { at: at(index * step), what: name }]));
}

const table: [name: string, facts: DrillFacts, now: number, state: string, failures: RegExp[]][] = [
  ['every stage in time passes', facts(10), 200, 'passed', []],
  ['a stage still open is running', facts(10, 'fixed'), 200, 'running', []],
  [
    'a stage never reached fails at the end',
    facts(10, 'fixed'),
    601,
    'failed',
    [/not reached within 10m: verified, told, resolved, postmortem/],
  ],
  [
    'nothing at all fails at the end',
    {},
    601,
    'failed',
    [/not reached within 10m: shipped, first bad request, detected/],
  ],
  [
    'a late alert fails',
    facts(95),
    1100,
    'failed',
    [/detected 95 s after the first bad request; the limit is 90s/, /fixed 475 s after the alert/],
  ],
];
for (const [name, given, now, state, failures] of table) {
  test(name, () => {
    const run = judge(record, given, undefined, at(now));
    assert.equal(run.state, state);
    assert.equal(run.failures.length, failures.length, run.failures.join('; '));
    for (const [index, pattern] of failures.entries()) assert.match(run.failures[index]!, pattern);
  });
}

test('seconds count from the first bad request, and what came before is negative', () => {
  const run = judge(record, facts(10), 'INC-1', at(200));
  assert.deepEqual(
    run.stages.slice(0, 3).map(stage => stage.seconds),
    [-10, 0, 10],
  );
});
