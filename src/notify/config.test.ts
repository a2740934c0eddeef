import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { channelsOf, NotifyConfig } from './config.ts';

test('without any configuration there are the terminal and the console', () => {
  const channels = channelsOf(NotifyConfig.parse({}));
  assert.deepEqual(
    channels.map(({ name, local }) => [name, local]),
    [
      ['terminal', true],
      ['console', true],
    ],
  );
});

test('each configured channel is made under its name', () => {
  const config = NotifyConfig.parse({
    channels: {
      chat: { type: 'webhook', url: 'https://chat.example/hook', secret: 'sixteen letters.' },
      mail: {
        type: 'email',
        smtp: 'smtps://user:password@mail.example:465',
        from: 'Nines <nines@shop.example>',
      },
      screen: { type: 'terminal' },
    },
  });
  assert.deepEqual(
    channelsOf(config).map(({ name, local }) => [name, local]),
    [
      ['chat', false],
      ['mail', false],
      ['screen', true],
    ],
  );
});

const wrong: [what: string, channel: object, expected: RegExp][] = [
  ['a URL that is not http', { type: 'webhook', url: 'ftp://chat.example' }, /expected an http or https URL/],
  [
    'a mail server that is not smtp',
    { type: 'email', smtp: 'http://mail.example', from: 'a@b.example' },
    /expected smtp:/,
  ],
  [
    'a sender that is no address',
    { type: 'email', smtp: 'smtp://mail.example', from: 'nines' },
    /expected an e-mail address/,
  ],
  ['a short secret', { type: 'webhook', url: 'https://chat.example', secret: 'short' }, />=16/],
  ['an unknown field', { type: 'terminal', colour: true }, /colour/],
  ['an unknown type', { type: 'pigeon' }, /type/],
];
for (const [what, channel, expected] of wrong)
  test(`${what} is refused, and said`, () => {
    const parsed = NotifyConfig.safeParse({ channels: { one: channel } });
    assert.ok(!parsed.success);
    assert.match(z.prettifyError(parsed.error), expected);
  });
