// The console in a real browser, over the real HTTP surface, playing what was recorded from a real incident.
import assert from 'node:assert/strict';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { hashToken } from '../../src/surfaces/http/index.ts';
import { noBrowser, openBrowser } from '../kit/browser.ts';
import { DESKTOP, showPage } from '../kit/console-page.ts';
import {
  mitigatedScene,
  quietScene,
  type Scene,
  spentScene,
  waitingScene,
  withHostileText,
} from '../kit/console-scene.ts';
import { type ConsoleServer, consoleFolder, serveConsole } from '../kit/console-server.ts';

describe('the console', { skip: noBrowser }, () => {
  let browser: Browser;
  let server: ConsoleServer;
  before(async () => {
    browser = await openBrowser();
    server = await serveConsole(waitingScene());
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const show = (scene: Scene, path: string, options = {}) => showPage(browser, server, scene, path, options);

  test('says on one screen what is broken, why, and which button is safe', async () => {
    const { page } = await show(waitingScene(), '/incidents/INC-1');
    const broken = page.getByRole('region', { name: 'What is broken' });
    await broken.getByText('6.97 % of requests fail').waitFor();
    await broken.getByText('Checkout availability', { exact: true }).waitFor();
    await broken.getByText('payments v1.2.3 released').waitFor();
    const why = page.getByRole('region', { name: 'Why' });
    await why.getByText('confirmed').waitFor();
    await why.getByText('Release of payments v1.2.3: a new database statement').waitFor();
    const fix = page.getByRole('region', { name: 'The fix' });
    await fix.getByText('Touches only payments').waitFor();
    const button = fix.getByRole('button', { name: 'Roll payments back to v1.2.2' });
    const box = await button.boundingBox();
    assert.ok(
      box !== null && box.y + box.height <= DESKTOP.height,
      `the button is at ${JSON.stringify(box)}`,
    );
    await page.close();
  });

  test('starts the fix after saying again what will happen, and follows it without a reload', async () => {
    const { page } = await show(waitingScene(), '/incidents/INC-1');
    await page.evaluate('window.mark = true');
    const fix = page.getByRole('region', { name: 'The fix' });
    await fix.getByRole('button', { name: 'Roll payments back to v1.2.2' }).click();
    const dialog = page.getByRole('dialog');
    for (const words of ['Touches only payments', 'must be met over 1m', 'it is undone by itself'])
      await dialog.getByText(words).waitFor();
    assert.ok(!server.calls.some(call => call.name === 'remediation.approve'), 'nothing starts by asking');
    await dialog.getByRole('button', { name: 'Roll payments back to v1.2.2' }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(
      server.calls.filter(call => call.name === 'remediation.approve'),
      [{ name: 'remediation.approve', input: { id: 'rem_m4hbchfj0yvkjmyn' }, principal: 'console' }],
    );
    server.play(mitigatedScene());
    server.emit('remediation.verified', 'INC-1');
    await fix.getByText('The objectives are met again').waitFor();
    await page.getByText('Mitigated, being watched').waitFor();
    await page.getByRole('log').getByText('Done: release payments v1.2.2.').waitFor();
    assert.equal(await page.evaluate('window.mark'), true);
    await page.close();
  });

  test('can be worked with the keyboard alone', async () => {
    const { page } = await show(waitingScene(), '/incidents/INC-1');
    const acknowledge = page.getByRole('button', { name: 'Acknowledge' });
    await acknowledge.waitFor();
    let presses = 0;
    for (; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if (await acknowledge.evaluate(element => element === element.ownerDocument.activeElement)) break;
    }
    assert.ok(presses < 40, 'Acknowledge is reached by Tab');
    const called = page.waitForResponse(response => response.url().endsWith('/incidents/INC-1/acknowledge'));
    await page.keyboard.press('Enter');
    assert.equal((await called).status(), 200);
    await page.close();
  });

  test('never shows the absence of data as fine', async () => {
    const { page } = await show(quietScene(), '/');
    await page.getByText('No data for 1 of 4 objectives').waitFor();
    assert.equal(await page.getByText('All objectives are met').count(), 0);
    await page.getByText('Budget not known').waitFor();
    await page.close();
  });

  test('keeps the last answer when the server is away, says that it is old, and comes back by itself', async () => {
    const { page } = await show(mitigatedScene(), '/incidents/INC-1');
    await page.getByRole('heading', { name: 'Gateway: 6.97 % of requests fail' }).waitFor();
    server.away(true);
    server.emit('incident.changed', 'INC-1');
    await page.getByText('What follows may be old').first().waitFor();
    await page.getByText('The database does not answer.').first().waitFor();
    assert.ok(await page.getByRole('heading', { name: 'Gateway: 6.97 % of requests fail' }).isVisible());
    server.away(false);
    server.emit('incident.changed', 'INC-1');
    await page.getByText('What follows may be old').first().waitFor({ state: 'hidden' });
    await page.close();
  });

  test('shows text from telemetry as text, whatever it says', async () => {
    for (const path of ['/incidents/INC-1', '/incidents/INC-1/postmortem', '/']) {
      const { page } = await show(withHostileText(mitigatedScene()), path);
      await page.getByText('<img src=x').first().waitFor();
      assert.equal(await page.locator('main img').count(), 0, path);
      assert.equal(await page.evaluate('window.hacked'), undefined, path);
      const links = await page
        .locator('main a')
        .evaluateAll(all => all.map(one => one.getAttribute('href') ?? ''));
      assert.deepEqual(
        links.filter(href => /^\s*(javascript|data|vbscript):/i.test(href)),
        [],
        path,
      );
      await page.close();
    }
  });

  test('shows what an error budget went on, and when it will be gone', async () => {
    const { page } = await show(mitigatedScene(), '/slos/checkout-availability');
    const burnDown = page.getByRole('region', { name: 'Budget burn-down' });
    await burnDown.getByText(/^It will be gone about 2026-.* UTC, between/).waitFor();
    await burnDown.getByRole('img', { name: /gone early now .*; gone likely now/ }).waitFor();
    const ledger = page.getByRole('region', { name: 'What the budget went on' });
    const rows = ledger.getByRole('table', { name: 'Budget by cause' }).getByRole('row');
    await rows.filter({ hasText: 'payments v1.2.3' }).first().getByText('31 %').waitFor();
    await rows.filter({ hasText: 'Without a recorded cause' }).getByText('6 %').waitFor();
    await ledger.getByText('36 % burned, charged to payments v1.2.3').waitFor();
    await ledger.getByText('maintenance, The database was moved to a larger machine.').waitFor();
    await ledger.getByRole('link', { name: /Gateway/ }).click();
    await page.waitForURL('**/incidents/INC-1');
    await page.close();
  });

  test('tells what a spent budget stops, and lets two people override it with a reason', async () => {
    const { page } = await show(spentScene(), '/slos/checkout-availability');
    const gate = page.getByRole('region', { name: 'What the budget allows' });
    await gate.getByText('freeze', { exact: true }).waitFor();
    await gate.getByText(/does not allow release\. An override needs a second person\./).waitFor();
    const overrides = page.getByRole('region', { name: 'Overrides' });
    await overrides.getByText('The fix for INC-7 cannot wait.').waitFor();
    await overrides.getByRole('button', { name: 'Confirm as the second person' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('payments-oncall wants to let releases through').waitFor();
    await dialog.getByRole('button', { name: 'Confirm it' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await overrides.getByRole('button', { name: 'Override the gate' }).click();
    const submit = dialog.getByRole('button', { name: 'Override it' });
    assert.ok(await submit.isDisabled(), 'without a reason nothing is overridden');
    await dialog.getByLabel('Why').fill('INC-7: the fix is verified in staging');
    await dialog.getByLabel('Chaos experiments').check();
    await submit.click();
    await dialog.waitFor({ state: 'hidden' });
    assert.deepEqual(
      server.calls
        .filter(({ name }) => name === 'slo.confirm' || name === 'slo.override')
        .map(({ input }) => input),
      [
        { id: 'ovr_7f3k2m9q4x8c1v6b' },
        {
          service: 'gateway',
          for: ['release', 'chaos'],
          reason: 'INC-7: the fix is verified in staging',
          last: '2h',
        },
      ],
    );
    await page.close();
  });

  test('lists what needs somebody first, and sorts and filters by an address that can be passed on', async () => {
    const { page } = await show(quietScene(), '/slos');
    const rows = page.getByRole('table', { name: 'Objectives' }).getByRole('row');
    await rows.nth(1).getByText('no data').first().waitFor();
    await page.getByRole('button', { name: 'Objective', exact: true }).click();
    await rows.nth(1).getByText('Browse availability').waitFor();
    await page
      .getByRole('columnheader', { name: 'Objective', exact: true })
      .and(page.locator('[aria-sort="ascending"]'))
      .waitFor();
    await page.getByLabel('Find an objective').fill('login');
    await page.waitForURL(/q=login/);
    assert.equal(await rows.count(), 2);
    assert.match(page.url(), /sort=name/);
    await page.getByLabel('Find an objective').fill('nothing like it');
    await page.getByText('No objective is like that.').waitFor();
    await page.close();
  });

  test('replays an objective with another target, and says what would have paged', async () => {
    const { page } = await show(mitigatedScene(), '/slos/checkout-availability');
    await page.getByRole('link', { name: 'What if it were another target?' }).click();
    const alerts = page.getByRole('table', { name: 'Alerts of the replay' }).getByRole('row');
    await alerts.filter({ hasText: 'page' }).getByText('45 min').waitFor();
    await page.getByLabel('Target, in %').fill('hundred');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText('Between 0 and 100, as 99.5').waitFor();
    await page.getByLabel('Target, in %').fill('99.5');
    await page.keyboard.press('Enter');
    const figures = page.getByRole('table', { name: 'Replay', exact: true }).getByRole('row');
    await figures.filter({ hasText: 'Promise' }).getByText('99.5 % over 30 days').waitFor();
    assert.deepEqual(server.calls.findLast(({ name }) => name === 'slo.backtest')?.input, {
      id: 'checkout-availability',
      target: 0.995,
      over: '30d',
    });
    await page.close();
  });

  test('leads through the first hour while nothing is declared', async () => {
    const { answers, ...rest } = quietScene();
    const empty: Scene = {
      ...rest,
      answers: {
        ...answers,
        'slo.list': { slos: [], broken: [] },
        'telemetry.services': { services: [] },
        'oncall.now': { at: rest.at as never, shifts: [] },
      },
    };
    const { page } = await show(empty, '/');
    const steps = page.getByRole('region', { name: 'First steps' });
    await steps.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${server.url}`).waitFor();
    await steps.getByRole('link', { name: 'which objectives fit what a service exports' }).click();
    await page.getByText('Choose a service to see what its telemetry can promise.').waitFor();
    await page.close();
  });

  test('says once that the server is away, keeps what was known, and goes on when it is back', async () => {
    const own = await serveConsole(mitigatedScene());
    const page = await browser.newPage({ viewport: DESKTOP });
    await page.goto(`${own.url}/slos`);
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Checkout availability' }).waitFor();
    await own.close();
    await page.getByText('What you see is what was known then').waitFor();
    assert.ok(await page.getByRole('link', { name: 'Checkout availability' }).isVisible());
    assert.equal(await page.getByText('What follows may be old').count(), 0);
    const again = await serveConsole(mitigatedScene(), { port: Number(new URL(own.url).port) });
    await page.getByText('What you see is what was known then').waitFor({ state: 'hidden' });
    await page.getByText('live', { exact: true }).waitFor();
    await page.close();
    await again.close();
  });

  test('asks for a token where the server needs one, again when the session has ended, and forgets it on the way out', async () => {
    const sha256 = hashToken('a-token');
    const own = await serveConsole(mitigatedScene(), {
      tokens: [{ name: 'night-watch', role: 'viewer', kind: 'person', ingest: false, sha256 }],
    });
    const context = await browser.newContext({ viewport: DESKTOP });
    const page = await context.newPage();
    await page.goto(`${own.url}/slos`);
    const dialog = page.getByRole('dialog', { name: 'Sign in' });
    const token = dialog.getByLabel('Your token', { exact: true });
    await token.fill('another');
    await page.keyboard.press('Enter');
    await dialog.getByText('The token is not known here.').waitFor();
    await token.fill('a-token');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Checkout availability' }).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await context.clearCookies();
    await page.getByRole('link', { name: 'Incidents' }).click();
    await token.fill('a-token');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'Incidents', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'You act as night-watch; change it' }).click();
    await page.getByText('You may look at everything, and change nothing.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await dialog.waitFor();
    assert.deepEqual(await context.cookies(), []);
    await context.close();
    await own.close();
  });

  test('shows what fails from outside, with where its time went, and tries it again', async () => {
    const { page } = await show(mitigatedScene(), '/probes');
    const row = page.getByRole('table', { name: 'Probes' }).getByRole('row');
    await row.filter({ hasText: 'Nightly backup' }).getByText('did not run').waitFor();
    const gateway = row.filter({ hasText: 'Gateway answers' });
    await gateway.getByText('Its certificate ends in 6 d').waitFor();
    await gateway.getByRole('link').click();
    const attempts = page.getByRole('table', { name: 'Attempts' });
    await attempts.getByRole('img', { name: /processing 2\.\d s, transfer 14 ms/ }).waitFor();
    await page.getByRole('button', { name: 'Try it now' }).click();
    await page.getByText('It answered as it should, in 84 ms.').waitFor();
    await page.close();
  });

  test('says what telemetry is not taken, what was dropped, and what is not scraped', async () => {
    const { page } = await show(mitigatedScene(), '/telemetry');
    await page.getByText('No traces are taken at the moment').waitFor();
    await page.getByText(/668 MiB of traces, from .* The disk was too full\./).waitFor();
    await page.getByText('Without user_id about 48 would be left.').waitFor();
    await page.getByText(/New series of http_requests_total are refused.* 812 times/).waitFor();
    const target = page.getByRole('table', { name: 'Scrape targets' }).getByRole('row').nth(1);
    await target.getByText('connection refused').waitFor();
    await target.getByText('never', { exact: true }).waitFor();
    await page.close();
  });

  test('begins with little: the first page needs no more than 200 kB of packed scripts', () => {
    const index = readFileSync(join(consoleFolder, 'index.html'), 'utf8');
    const scripts = [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
    assert.ok(scripts.length > 0);
    const bytes = scripts.map(path => gzipSync(readFileSync(join(consoleFolder, path))).byteLength);
    const all = bytes.reduce((a, b) => a + b, 0);
    assert.ok(all < 200_000, `${all} bytes in ${scripts.join(', ')}`);
  });

  test('says so when a part of the console cannot be fetched, and keeps the rest', async () => {
    server.play(quietScene());
    const cut = await browser.newPage({ viewport: DESKTOP });
    await cut.route(/assets\/oncall-page-/, route => route.abort());
    await cut.goto(`${server.url}/slos`);
    await cut.getByRole('link', { name: 'On call' }).click();
    await cut.getByText('This part of the console could not be loaded').waitFor();
    await cut.getByRole('link', { name: 'SLOs' }).click();
    await cut.getByRole('heading', { name: 'Service level objectives' }).waitFor();
    await cut.unroute(/assets\/oncall-page-/);
    await cut.getByRole('link', { name: 'On call' }).click();
    await cut.getByRole('button', { name: 'Load again' }).click();
    await cut.getByRole('heading', { name: 'On call', level: 1 }).waitFor();
    await cut.close();
  });
});
