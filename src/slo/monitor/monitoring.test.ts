import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkoutAvailability, checkoutLatency } from '../../../test/kit/declared.ts';
import { signalsAt } from '../../../test/kit/exported-signals.ts';
import { noPromtool, promtool } from '../../../test/kit/real-promtool.ts';
import { ShopTraffic } from '../../../test/kit/shop-traffic.ts';
import type { Resource } from '../../catalog/index.ts';
import { instant } from '../../kernel/index.ts';
import { objectivesOf } from '../objective.ts';
import { SloSpec } from '../openslo/slo.ts';
import { rulesText } from '../prometheus/generate.ts';
import { parse } from '../promql.ts';
import { goldenSignals } from './golden-signals.ts';
import { suggestedMonitoring } from './monitoring.ts';
import { monitorOperations } from './operation.ts';

const START = Date.parse('2026-01-27T00:00:00.000Z');
const MINUTE = 60_000;
const POOL = ['db_client_connection_count', 'db_client_connection_max'];

const objective = (resource: Resource) =>
  objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined)[0]!;

/** Two hours; half fail from minute 90 to 110, and the pool is full then. */
function shop() {
  const traffic = new ShopTraffic({ from: START, rate: 5, exportMs: 30_000 });
  traffic.run(START + 90 * MINUTE);
  traffic.change({ failing: 0.5 });
  traffic.run(START + 110 * MINUTE);
  traffic.change({});
  traffic.run(START + 120 * MINUTE);
  for (let minute = 0; minute <= 120; minute++) {
    const at = START + minute * MINUTE;
    const full = minute >= 90 && minute < 110;
    traffic.series.add(POOL[0]!, { service_name: 'gateway', state: 'used' }, at, full ? 50 : 3);
    traffic.series.add(POOL[0]!, { service_name: 'gateway', state: 'idle' }, at, full ? 0 : 47);
    traffic.series.add(POOL[1]!, { service_name: 'gateway' }, at, 50);
  }
  return traffic.series.metrics();
}

async function monitoring(objectives = [checkoutAvailability(), checkoutLatency()].map(objective)) {
  const metrics = shop();
  const signals = await signalsAt(metrics, 'gateway', START + 120 * MINUTE);
  const facts = {
    service: 'gateway',
    signals,
    objectives,
    links: { runbook: 'https://runbooks.example/shop' },
  };
  return suggestedMonitoring(metrics, facts, instant(START + 120 * MINUTE));
}

test('each golden signal that the service exports has an alert with a reason, a runbook, and what it would have done', async () => {
  const { alerts, missing } = await monitoring();
  assert.deepEqual(
    alerts.map(one => one.signal),
    ['errors', 'traffic', 'latency', 'saturation'],
  );
  for (const alert of alerts) {
    assert.ok(alert.reason.length > 40);
    assert.equal(alert.runbook, `https://runbooks.example/shop#${alert.signal}`);
  }
  const held = Object.fromEntries(alerts.map(one => [one.signal, one.heldMinutes!]));
  assert.ok(held.errors! >= 20 && held.errors! <= 30, `${held.errors}`);
  assert.ok(held.saturation! >= 10 && held.saturation! <= 30, `${held.saturation}`);
  assert.equal(held.traffic, 0);
  assert.deepEqual(
    missing.map(one => one.what),
    ['nothing looks at it from outside'],
  );
});

test('thresholds come from the objectives where there are any, and say so where there are none', async () => {
  const metrics = shop();
  const signals = await signalsAt(metrics, 'gateway', START + 120 * MINUTE);
  const of = (objectives: Resource[]) =>
    goldenSignals({
      service: 'gateway',
      signals,
      objectives: objectives.map(objective),
      bounds: new Map(),
    }).alerts;
  const [errors, , slow] = of([checkoutAvailability(0.999), checkoutLatency()]);
  assert.match(errors!.expr, /> 0\.0144 and/);
  assert.match(slow!.expr, /> 0\.5$/);
  assert.equal(slow!.severity, 'page');
  const [bare, , loose] = of([]);
  assert.match(bare!.expr, /> 0\.05 and/);
  assert.match(bare!.reason, /No objective says/);
  assert.equal(loose!.severity, 'ticket');
});

test('promtool accepts the rules', { skip: noPromtool ?? false }, async () => {
  const { groups } = await monitoring();
  const { ok, output } = await promtool(['check', 'rules', 'rules.yaml'], {
    'rules.yaml': rulesText(groups),
  });
  assert.ok(ok, output);
  assert.match(output, /\b9 rules found/);
});

test('the dashboard is a model with a query in every panel that is PromQL', async () => {
  const { dashboard } = await monitoring();
  const model = JSON.parse(JSON.stringify(dashboard)) as {
    schemaVersion: number;
    panels: { id: number; gridPos: { x: number; y: number }; targets: { expr: string; refId: string }[] }[];
  };
  assert.equal(model.panels.length, 6);
  assert.equal(new Set(model.panels.map(panel => `${panel.gridPos.x},${panel.gridPos.y}`)).size, 6);
  assert.equal(new Set(model.panels.map(panel => panel.id)).size, 6);
  for (const { targets } of model.panels) {
    assert.ok(targets.length > 0);
    for (const { expr } of targets) parse(expr.replaceAll('$__rate_interval', '5m'));
  }
});

test('the report keeps to 80 columns, and rules and dashboard are printed as they are', async () => {
  const found = await monitoring([]);
  const [suggest] = monitorOperations;
  const answer = { service: 'gateway', ...found, rules: rulesText(found.groups) };
  const text = (only: 'report' | 'rules' | 'dashboard') => suggest!.render!({ ...answer, only });
  for (const line of text('report').split('\n')) assert.ok([...line].length <= 80, line);
  assert.match(text('report'), /begin with nines slo suggest/);
  assert.equal(text('rules'), answer.rules.trimEnd());
  assert.deepEqual(JSON.parse(text('dashboard')), found.dashboard);
});
