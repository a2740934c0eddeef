import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkoutAvailability } from '../../test/kit/declared.ts';
import { alertRules } from './alert-rule.ts';
import { sloDocument } from './document.ts';
import { defaultPolicy } from './error-budget-policy.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { proofRows } from './proof.ts';

test('the SLO document has what the example of the SRE Workbook has', () => {
  const resource = checkoutAvailability(0.999);
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined);
  const text = sloDocument({
    service: 'gateway',
    owner: 'shop-team',
    date: '2026-01-27',
    objectives: [{ objective: objective!, ...alertRules(objective!) }],
    policy: { name: 'built-in', spec: defaultPolicy },
  });
  for (const heading of [
    'Service overview',
    'SLIs and SLOs',
    'Rationale',
    'Error budget',
    'When the budget is spent',
    'Clarifications and caveats',
  ])
    assert.match(text, new RegExp(`^## ${heading}$`, 'm'));
  assert.match(text, /\| Availability \| Checkout availability \| 99\.9 % over a rolling 30d \|/);
  assert.match(text, /\| Checkout availability \| 0\.1 % of all events in 30d \| 43 min 12 s \| 43\.2 \|/);
  assert.match(text, /\| 100 % of events bad \| 1000× \| 55 s \|/);
  assert.match(
    text,
    /\| freeze \| less than 0 % left \| fix release, automation \| release, chaos, maintenance \|/,
  );
  assert.match(text, /Nothing is written about gateway yet/);
  assert.match(text, /Nothing is written about why it is 99\.9 %: the annotation `rationale`/);
});

test('the SLO document gives the reason for a target, and small budgets with their digits', () => {
  const resource = checkoutAvailability(0.9978);
  const metadata = { ...resource.metadata, annotations: { rationale: '30 days kept 99.9 %.' } };
  const spec = SloSpec.parse(resource.spec);
  const [objective] = objectivesOf({ ...resource, metadata, spec }, () => undefined);
  const text = sloDocument({
    service: 'gateway',
    date: '2026-01-27',
    objectives: [{ objective: objective!, ...alertRules(objective!) }],
    policy: { name: 'built-in', spec: defaultPolicy },
  });
  assert.match(text, /^- \*\*Checkout availability\*\*: 30 days kept 99\.9 %\.$/m);
  assert.match(text, /\| 99\.78 % over/);
  assert.match(text, /\| 0\.22 % of all events in 30d \|/);
});

test('the SLO document tells when outages are heard of at the traffic of now, and who reviewed it', () => {
  const resource = checkoutAvailability(0.999);
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined);
  const compiled = { objective: objective!, ...alertRules(objective!) };
  const text = sloDocument({
    service: 'gateway',
    date: '2026-01-27',
    annotations: { 'slo-document/approved': '2026-01-20', 'slo-document/author': 'shop | team', other: 'x' },
    objectives: [{ ...compiled, proof: { rows: proofRows(compiled, 1 / 60), eventsPerSecond: 1 / 60 } }],
    policy: { name: 'built-in', spec: defaultPolicy },
  });
  assert.match(text, /^\| Author \| shop \\\| team \|\n\| Approved \| 2026-01-20 \|\n\| As of /m);
  assert.match(text, /\*\*Checkout availability\*\*, at 0\.017 a second as over the last hour/);
  assert.doesNotMatch(
    text,
    /\| 100 % of events bad \| 1000× \| 55 s \|/,
    'so few events cannot page at once',
  );
  assert.match(text, /\| 43 min 12 s \| 43\.2 \|/);
});
