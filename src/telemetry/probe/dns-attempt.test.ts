import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Answer } from 'dns-packet';
import { type DnsReply, dnsServer } from '../../../test/kit/dns-server.ts';
import { attempt } from './testing.ts';

const zone: Record<string, DnsReply> = {
  'shop.example A': {
    answers: [
      { type: 'A', name: 'shop.example', ttl: 60, data: '192.0.2.1' },
      { type: 'A', name: 'shop.example', ttl: 60, data: '192.0.2.2' },
    ],
  },
  'shop.example MX': {
    answers: [
      { type: 'MX', name: 'shop.example', ttl: 60, data: { preference: 10, exchange: 'Mail.shop.example' } },
    ],
  },
  'shop.example TXT': {
    answers: [{ type: 'TXT', name: 'shop.example', ttl: 60, data: ['v=spf1 ', '-all'] }],
  },
  'shop.example SOA': {
    answers: [
      {
        type: 'SOA',
        name: 'shop.example',
        ttl: 60,
        data: {
          mname: 'ns.shop.example',
          rname: 'root.shop.example',
          serial: 2026012701,
          refresh: 1,
          retry: 2,
          expire: 3,
          minimum: 4,
        },
      },
    ] as Answer[],
  },
  'shop.example AAAA': {},
  'broken.example A': { code: 'SERVFAIL' },
  'silent.example A': 'silent',
};
const dns = await dnsServer(question => zone[question] ?? { code: 'NXDOMAIN' });
after(() => dns.close());

const asked: [what: string, spec: object, outcome: string, error: RegExp | undefined][] = [
  ['any answer', { name: 'shop.example' }, 'success', undefined],
  [
    'an answer that must be there',
    { name: 'shop.example', expect: { answers: ['192.0.2.2'] } },
    'success',
    undefined,
  ],
  [
    'an answer that is missing',
    { name: 'shop.example', expect: { answers: ['192.0.2.9'] } },
    'failure',
    /is 192\.0\.2\.1, 192\.0\.2\.2; 192\.0\.2\.9 is missing/,
  ],
  [
    'an answer too many',
    { name: 'shop.example', expect: { answers: ['192.0.2.1'], only: true } },
    'failure',
    /has also 192\.0\.2\.2/,
  ],
  [
    'an answer unlike the others',
    { name: 'shop.example', expect: { matches: '\\.1$' } },
    'failure',
    /192\.0\.2\.2, which does not hold/,
  ],
  [
    'mail servers',
    { name: 'shop.example', type: 'MX', expect: { answers: ['10 mail.shop.example.'] } },
    'success',
    undefined,
  ],
  [
    'text in pieces',
    { name: 'shop.example', type: 'TXT', expect: { answers: ['v=spf1 -all'], only: true } },
    'success',
    undefined,
  ],
  ['the start of authority', { name: 'shop.example', type: 'SOA' }, 'success', undefined],
  ['no record of the type', { name: 'shop.example', type: 'AAAA' }, 'failure', /has no AAAA record/],
  ['an unknown name', { name: 'nothing.example' }, 'failure', /is not known \(NXDOMAIN\)/],
  [
    'a resolver that fails',
    { name: 'broken.example' },
    'failure',
    /the resolver 127\.0\.0\.1:\d+ answers with SERVFAIL/,
  ],
  [
    'a resolver that is silent',
    { name: 'silent.example' },
    'failure',
    /the resolver 127\.0\.0\.1:\d+ does not answer in time/,
  ],
];
for (const [what, spec, outcome, error] of asked)
  test(`a DNS probe: ${what}`, async () => {
    const made = await attempt({ timeout: '1s', dns: { resolver: dns.address, ...spec } });
    assert.equal(made.outcome, outcome, made.error ?? '');
    if (error !== undefined) assert.match(made.error ?? '', error);
    assert.equal(made.dns?.serial, 'type' in spec && spec.type === 'SOA' ? 2026012701 : undefined);
  });
