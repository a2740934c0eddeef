import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { signalsAt } from '../../test/kit/exported-signals.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import { checkFiles } from '../catalog/index.ts';
import { instant } from '../kernel/index.ts';
import { sloKinds } from './kinds.ts';
import { suggestions, suggestionYaml } from './suggestion.ts';

const START = Date.parse('2026-01-27T00:00:00.000Z');
const MINUTE = 60_000;

function shop(failing: number) {
  const traffic = new ShopTraffic({ from: START, rate: 8, exportMs: 20_000 });
  traffic.change({ failing, slow: 0.002 });
  traffic.run(START + 120 * MINUTE);
  return traffic.series.metrics();
}

test('a service that exports requests and their time gets an availability and a latency SLO that the past kept', async () => {
  const metrics = shop(0.0004);
  const signals = await signalsAt(metrics, 'gateway', START + 120 * MINUTE);
  const found = await suggestions(metrics, 'gateway', signals, instant(START + 120 * MINUTE));
  assert.deepEqual(
    found.map(one => one.name),
    ['gateway-availability', 'gateway-latency'],
  );
  const [availability, latency] = found;
  assert.ok(availability!.target >= 0.998 && availability!.target <= 0.9995, `${availability!.target}`);
  assert.match(availability!.reason, /would have lost/);
  assert.ok(availability!.replay.worst! < 0.5);
  assert.match(latency!.says, /at most 500 ms/);
  assert.ok(latency!.target <= 0.995, 'a share of 0.2 % is slow');
  assert.deepEqual(
    availability!.replay.alerts.filter(one => one.severity === 'page'),
    [],
  );
});

test('what is proposed is a file that can be applied', async () => {
  const metrics = shop(0.01);
  const signals = await signalsAt(metrics, 'gateway', START + 120 * MINUTE);
  const found = await suggestions(metrics, 'gateway', signals, instant(START + 120 * MINUTE));
  const text = suggestionYaml(found.map(one => one.resource));
  assert.equal(parseAllDocuments(text).length, 2);
  const { problems } = checkFiles([{ path: 'slos.yaml', text }], sloKinds);
  assert.deepEqual(problems, []);
  assert.ok(found[0]!.target <= 0.98, 'one of a hundred fails');
});

test('a service without data gets no target that pretends evidence', async () => {
  const metrics = shop(0);
  const signals = await signalsAt(metrics, 'gateway', START + 120 * MINUTE);
  const [first] = await suggestions(metrics, 'gateway', signals, instant(START - 40 * 86_400_000));
  assert.equal(first!.days, 0);
  assert.match(first!.reason, /no data to judge by/);
});
