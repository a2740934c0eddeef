import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProbeSpec } from './probe.ts';

const read = (url: string) => ProbeSpec.safeParse({ service: 'shop', http: { url } });

for (const url of [
  'https://shop.example/search?q=100%',
  'https://shop.example/%zz',
  'https://someone:${PROBE_PASSWORD}@shop.example/',
  'https://someone:p%40ss@shop.example:8443/',
  'http://${PROBE_HOST}:${PROBE_PORT}/healthz',
  'https://shop.${PROBE_DOMAIN}/healthz',
  'https://shop.${PROBE_DOMAIN}:${PROBE_PORT}',
  'http://10.0.0.${PROBE_NUMBER}:80${PROBE_DIGITS}/',
])
  test(`a probe may ask ${url}`, () => {
    assert.equal(read(url).error, undefined);
  });

for (const [url, says] of [
  ['https://someone:100%@shop.example/', /% that begins no code.*%25/],
  ['https://a%zz@shop.example/', /% that begins no code/],
  ['https://shop%zz.example/', /is no URL/],
  ['https://shop.example:99999/', /is no URL/],
  ['ftp://shop.example/', /^expected http/],
] as const)
  test(`a probe that would ask ${url} is refused when it is declared`, () => {
    const { error } = read(url);
    assert.deepEqual(
      error?.issues.map(issue => issue.path.join('.')),
      ['http.url'],
    );
    assert.match(error!.issues[0]!.message, says);
  });
