import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { blameless, blameProblems } from './blameless.ts';
import { draftOf } from './document.ts';
import type { PostmortemFacts } from './facts.ts';
import { peopleOf } from './people.ts';
import { resolvedFacts } from './testing.ts';

const NOW = '2026-01-27T02:09:00.000Z';
const SECTIONS = [
  'Summary',
  'Impact',
  'Timeline',
  'Detection and response',
  'Root cause',
  'What went well',
  'What went wrong',
  'Where we were lucky',
  'Action items',
  'Lessons',
];

function sections(markdown: string): Map<string, string> {
  const parts = markdown.split(/^## /m).slice(1);
  return new Map(
    parts.map(part => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]),
  );
}

test('an override of the gate is told with its grounds and without a name', () => {
  const { markdown } = draftOf(
    {
      ...resolvedFacts(),
      overrides: [
        {
          service: 'payments',
          by: 'responder-a',
          confirmedBy: 'responder-b',
          purposes: ['release'],
          level: 'slow_down',
          reason: 'the order history is due',
          at: '2026-01-27T01:55:00.000Z',
          until: '2026-01-27T03:55:00.000Z',
        },
      ],
    },
    NOW,
  );
  const impact = sections(markdown).get('Impact')!;
  assert.match(
    impact,
    /gate was overridden:\n\n- From 01:55 to 03:55 UTC for release of payments, at the level slow down, confirmed by a second person: the order history is due/,
  );
  assert.doesNotMatch(markdown, /responder-a/);
});

describe('the draft for a bad release that was rolled back', () => {
  const { markdown, actions, title } = draftOf(resolvedFacts(), NOW);
  const parts = sections(markdown);

  test('has every section of the template, in order, and none is empty', () => {
    assert.deepEqual([...parts.keys()], SECTIONS);
    for (const [name, body] of parts) assert.ok(body.length > 0, name);
    assert.match(title, /\(2026-01-27\)$/);
  });

  test('tells the impact: duration, share of requests, budget, and that users are not counted', () => {
    const impact = parts.get('Impact')!;
    assert.match(impact, /3 min 30 s \(02:03:00 to 02:06:30 UTC\)/);
    assert.match(impact, /39\.8% \(812 of 2040\)/);
    assert.match(impact, /4\.7%/);
    assert.match(impact, /not known; telemetry counts requests, not users/);
  });

  test('has the times to detect, acknowledge, mitigate and resolve', () => {
    const response = parts.get('Detection and response')!;
    for (const figure of [
      /detect \| 1 min \|/,
      /acknowledge \| 55 s \|/,
      /mitigate \| 3 min 30 s \|/,
      /resolve \| 5 min \|/,
    ])
      assert.match(response, figure);
  });

  test('has the timeline in UTC with phases, from the change on', () => {
    const lines = parts
      .get('Timeline')!
      .split('\n')
      .filter(line => line.startsWith('- **'));
    assert.match(
      lines[0]!,
      /\*\*02:02:48\*\* \(before\) Change recorded: payments from v1\.2\.2 to v1\.2\.3/,
    );
    assert.match(lines[1]!, /\*\*02:03:00\*\* \(before\) Onset/);
    assert.ok(lines.some(line => line.includes('(mitigate)')));
    assert.deepEqual(lines, [...lines].sort());
  });

  test('has the root cause with its evidence and the statement as a code block', () => {
    const cause = parts.get('Root cause')!;
    assert.match(cause, /Verdict: confirmed\. Release of payments v1\.2\.3/);
    assert.match(cause, /```sql\nSELECT sum\(amount\) FROM orders\nWHERE lower\(email\) = lower\(\$1\)\n```/);
    assert.match(cause, /`sum\(db_client_connection_count/);
    assert.match(cause, /### Ruled out[\s\S]*gateway v2\.0\.1/);
  });

  test('says from the facts what went wrong: no canary, an unchecked statement, a pool without an alert', () => {
    const wrong = parts.get('What went wrong')!;
    assert.match(wrong, /no canary stood before it/);
    assert.match(wrong, /met no check of its plan/);
    assert.match(wrong, /10 of 10 database connections were in use/);
  });

  test('asks for an index and a query test first, then an alert on the pool and a canary, each with a proof', () => {
    assert.deepEqual(
      actions.map(item => item.priority),
      [...actions.map(item => item.priority)].sort(),
    );
    const find = (pattern: RegExp) => actions.find(item => pattern.test(item.title));
    assert.equal(find(/index/)?.priority, 'P0');
    assert.equal(find(/query performance .* CI/i)?.priority, 'P0');
    assert.equal(find(/saturation: database connections/)?.proof.kind, 'chaos');
    assert.equal(find(/canary/)?.priority, 'P1');
    for (const item of actions) {
      assert.match(item.due, /^2026-0[12]-\d\d$/);
      assert.ok(item.due > '2026-01-27' && item.proof.how.length > 10 && item.ownerRole.length > 0);
    }
    assert.equal(new Set(actions.map(item => item.id)).size, actions.length);
  });

  test('names roles, not people', () => {
    assert.doesNotMatch(markdown, /ann-example/);
    assert.match(markdown, /Acknowledged by the incident commander/);
  });

  test('is the same for the same facts', () => {
    assert.equal(draftOf(resolvedFacts(), NOW).markdown, markdown);
  });
});

describe('drafts of other facts', () => {
  const investigation = resolvedFacts().investigation!;
  test('without a verdict the cause is not known, and the first action closes the gap', () => {
    const { markdown, actions } = draftOf(
      resolvedFacts({ investigation: { ...investigation, verdict: 'inconclusive' }, remediations: [] }),
      NOW,
    );
    assert.match(sections(markdown).get('Root cause')!, /inconclusive/);
    assert.match(actions[0]!.title, /gaps in telemetry/);
    assert.doesNotMatch(sections(markdown).get('Summary')!, /v1\.2\.3/);
  });

  test('without data for an SLO that is said, and asked for', () => {
    const facts = resolvedFacts();
    const [first] = facts.objectives;
    const blind = {
      ...first!,
      bad: undefined,
      total: undefined,
      budgetShare: undefined,
      budgetRemaining: undefined,
    };
    const { markdown, actions } = draftOf({ ...facts, objectives: [blind] }, NOW);
    assert.match(sections(markdown).get('Impact')!, /no data/);
    assert.ok(actions.some(item => /Restore data for Checkout latency/.test(item.title)));
  });

  test('a slow response is in what went wrong, a quick one in what went well', () => {
    const facts = resolvedFacts();
    const late = {
      ...facts.incident,
      alerts: [],
      openedAt: '2026-01-27T02:33:00.000Z',
      acknowledgedAt: undefined,
    };
    const { markdown, actions } = draftOf({ ...facts, incident: late }, NOW);
    assert.match(sections(markdown).get('What went wrong')!, /Detection took 30 min/);
    assert.ok(actions.some(item => /within five minutes/.test(item.title)));
    assert.match(
      sections(draftOf(facts, NOW).markdown).get('What went well')!,
      /detected 1 min after its onset/,
    );
  });
});

describe('blameless', () => {
  test('finds judging words with their place, but not in code nor in "blameless"', () => {
    const problems = blameProblems(
      'A blameless review.\nIt was human error by `the culprit`.\n```\nstupid\n```\n',
    );
    assert.deepEqual(
      problems.map(each => [each.place?.line, each.place?.column]),
      [[2, 8]],
    );
  });

  test('finds people by name and by address', () => {
    const people = { 'ann-example': 'the on-call engineer' };
    assert.equal(blameProblems('ann-example rolled back; mail oncall@shop.example', { people }).length, 2);
    assert.equal(blameless('ANN-EXAMPLE rolled back', { people }), 'the on-call engineer rolled back');
  });

  const words = fc.constantFrom(
    'blame',
    'Careless',
    'human error',
    'HUMAN',
    'error',
    'culprit',
    'to',
    'at',
    'fault',
    'their',
    'forgot',
    'stupid',
    'negligence',
    'ann-example',
    'deploy',
    '`',
    '#',
    '\n',
    '|',
    '<b>',
    'should have known',
    'sloppy',
    'a@b.example',
    'the',
    '42.5%',
  );
  const text = fc
    .array(fc.oneof(words, fc.string({ maxLength: 12 })), { maxLength: 20 })
    .map(parts => parts.join(' '));

  test('whatever people and telemetry wrote, the draft blames nobody and keeps its structure', () => {
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 6 }), text, (title, notes, mechanism) => {
        const base = resolvedFacts();
        const facts: PostmortemFacts = {
          ...base,
          incident: { ...base.incident, title },
          timeline: notes.map(note => ({ at: NOW, kind: 'note', actor: 'ann-example', text: note })),
          investigation: {
            ...base.investigation!,
            causes: [{ ...base.investigation!.causes[0]!, mechanism: [mechanism], title: mechanism }],
          },
        };
        const { markdown } = draftOf(facts, NOW);
        assert.deepEqual(blameProblems(markdown, { people: peopleOf(facts) }), []);
        assert.deepEqual([...sections(markdown).keys()], SECTIONS);
      }),
      { numRuns: 300 },
    );
  });

  test('every figure of every timeline entry stands in the document', () => {
    const figure = fc.double({ min: 0, max: 1e6, noNaN: true }).map(value => value.toFixed(2));
    fc.assert(
      fc.property(fc.array(figure, { maxLength: 60 }), figures => {
        const timeline = figures.map((value, index) => ({
          at: new Date(Date.parse(NOW) + index * 1000).toISOString(),
          kind: 'note',
          actor: 'nines',
          text: `p99 was ${value} ms`,
        }));
        const { markdown } = draftOf(resolvedFacts({ timeline }), NOW);
        const told = sections(markdown).get('Timeline')!;
        for (const value of figures) assert.ok(told.includes(`p99 was ${value} ms`));
      }),
      { numRuns: 50 },
    );
  });
});
