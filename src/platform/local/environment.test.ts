import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LocalRun } from '../../catalog/index.ts';
import { environmentFor, type ProcessPlace } from './environment.ts';

const place: ProcessPlace = {
  service: 'payments',
  telemetryName: 'payments',
  release: 'v1',
  instance: 'payments-1',
  healthPort: 4001,
  otlpEndpoint: 'http://127.0.0.1:4800',
  otlpToken: 'abc',
};
const made = (env: Record<string, string>) =>
  environmentFor(
    { env, command: ['node'] } as unknown as LocalRun,
    place,
    { PATH: '/bin', SECRET: 's' },
    '/opt',
  );

test('a process gets the token for its telemetry where one is needed, and no secret of ours', () => {
  const env = made({});
  assert.equal(env.OTEL_EXPORTER_OTLP_HEADERS, 'authorization=Bearer%20abc');
  assert.equal(env.OTEL_EXPORTER_OTLP_ENDPOINT, 'http://127.0.0.1:4800');
  assert.equal(env.SECRET, undefined);
  const without = environmentFor(
    { env: {}, command: ['node'] } as unknown as LocalRun,
    { ...place, otlpToken: undefined },
    {},
    '/opt',
  );
  assert.equal(without.OTEL_EXPORTER_OTLP_HEADERS, undefined);
});

test('a service that sends its telemetry elsewhere does not get our token', () => {
  for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
    assert.equal(made({ [name]: 'https://otlp.shop.example' }).OTEL_EXPORTER_OTLP_HEADERS, undefined, name);
  assert.equal(made({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }).OTEL_EXPORTER_OTLP_HEADERS, 'a=b');
});
