// The explore pages in a real browser: what is asked, what is drawn, and that an address carries all of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, openBrowser } from '../kit/browser.ts';
import { settled, showPage } from '../kit/console-page.ts';
import { mitigatedScene } from '../kit/console-scene.ts';
import { type ConsoleServer, serveConsole } from '../kit/console-server.ts';
import { SLOW_TRACE } from '../kit/explore-traces.ts';

const QUANTILE =
  'histogram_quantile(0.99, sum by (le, service_name) (rate(http_server_request_duration_seconds_bucket[5m])))';

describe('exploring', { skip: noBrowser }, () => {
  let browser: Browser;
  let server: ConsoleServer;
  before(async () => {
    browser = await openBrowser();
    server = await serveConsole(mitigatedScene());
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  const show = (path: string) => showPage(browser, server, mitigatedScene(), path);
  const queriesOf = (page: Page) => new URL(page.url()).searchParams.getAll('q');

  test('a metric is completed as it is written, and Enter asks for it', async () => {
    const { page, complaints } = await show('/explore/metrics');
    const field = page.getByRole('textbox', { name: 'Query A' });
    await field.click();
    await page.keyboard.type('sum by (service_name) (rate(http_req', { delay: 20 });
    await page.getByRole('option', { name: /http_requests_total/ }).click();
    await page.keyboard.type('[5m]');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    const graph = page.getByRole('region', { name: 'Graph' });
    await graph.getByText('{service_name="payments"}').waitFor();
    assert.deepEqual(queriesOf(page), ['sum by (service_name) (rate(http_requests_total[5m]))']);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('a query that cannot be read is shown with the place', async () => {
    const { page } = await show(`/explore/metrics?q=${encodeURIComponent('sum(rate(x[5m])) by (a')}`);
    const problem = page.getByRole('alert').filter({ hasText: 'This query cannot be read' });
    await problem.getByText('1:23: parse error: unclosed left parenthesis').waitFor();
    const [line, sign] = (await problem.locator('pre, code').first().textContent())!.split('\n');
    assert.equal(line, 'sum(rate(x[5m])) by (a');
    assert.equal(sign?.indexOf('▲'), 22);
    await page.close();
  });

  test('no data is not drawn as zero', async () => {
    const { page } = await show('/explore/metrics?q=nothing_here');
    await page.getByText('That is not the same as zero.').waitFor();
    assert.equal(await page.getByRole('region', { name: 'Graph' }).count(), 0);
    await page.close();
  });

  test('dragging over the graph looks closer, and the browser leads back', async () => {
    const { page } = await show('/explore/metrics?q=up&last=1h');
    const chart = page.getByRole('region', { name: 'Graph' }).getByRole('img').first();
    await chart.locator('.recharts-line').first().waitFor();
    const box = (await chart.boundingBox())!;
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.4, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 });
    await page.mouse.move(box.x + box.width * 0.6, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    const { searchParams } = new URL(page.url());
    const length = Date.parse(searchParams.get('to')!) - Date.parse(searchParams.get('from')!);
    assert.ok(length > 400_000 && length < 1_200_000, `${length} ms of an hour`);
    assert.deepEqual(queriesOf(page), ['up']);
    await page.goBack();
    await page.waitForURL(/last=1h/);
    await page.close();
  });

  test('a line is hidden or shown alone from the legend', async () => {
    const { page } = await show('/explore/metrics?q=up');
    const graph = page.getByRole('region', { name: 'Graph' });
    const lines = graph.locator('.recharts-line');
    await lines.nth(2).waitFor();
    await graph.getByRole('checkbox', { name: /payments/ }).click();
    await lines.nth(2).waitFor({ state: 'detached' });
    await graph.getByRole('button', { name: /auth/ }).click();
    await lines.nth(1).waitFor({ state: 'detached' });
    await graph.getByRole('button', { name: /auth/ }).click();
    await lines.nth(2).waitFor();
    await page.close();
  });

  test('a quantile leads to the traces behind it', async () => {
    const { page } = await show(`/explore/metrics?q=${encodeURIComponent(QUANTILE)}`);
    await page.getByRole('list', { name: 'Traces behind this' }).getByRole('link').click();
    await page.waitForURL(`**/traces/${SLOW_TRACE}`);
    await settled(page);
    await page.close();
  });

  test('several queries and a table of values are in the address', async () => {
    const { page } = await show('/explore/metrics?q=up&q=down&view=table');
    const second = page.getByRole('region', { name: 'Values of query B' });
    await second.getByRole('cell', { name: 'NaN' }).waitFor();
    await page.getByRole('button', { name: 'Remove query A' }).click();
    await second.waitFor({ state: 'detached' });
    assert.deepEqual(queriesOf(page), ['down']);
    await page.close();
  });

  test('traces are found by what the form says, and the address keeps it', async () => {
    const { page } = await show('/explore/traces');
    const found = page.getByRole('list', { name: 'Traces' }).getByRole('listitem');
    await found.nth(30).waitFor();
    await page.getByLabel('Longer than').fill('2s');
    await page.getByLabel('Longer than').press('Enter');
    await found.nth(30).waitFor({ state: 'detached' });
    await page.getByText('Slowest first').click();
    await page.waitForURL(/longer=2000ms.*order=slowest/);
    await found.first().getByText('3.6 s').waitFor();
    await page.reload();
    await found.first().getByText('3.6 s').waitFor();
    assert.equal(await page.getByLabel('Longer than').inputValue(), '2000ms');
    await page.getByLabel('Longer than').fill('soon');
    await page.getByLabel('Longer than').press('Enter');
    await page.getByText('As 250ms or 2s').waitFor();
    await page.getByRole('link', { name: 'What makes them slow?' }).click();
    await page.getByRole('heading', { name: 'One kind of work explains most of it' }).waitFor();
    await page.close();
  });

  test('what is slow is told with its share, an example, and where errors begin', async () => {
    const { page } = await show('/explore/bottleneck?service=gateway');
    const path = page.getByRole('table', { name: 'Critical path' });
    await path.getByText('87 %', { exact: true }).waitFor();
    await page.getByText('service.version=v1.2.3', { exact: true }).waitFor();
    await page.getByText('2 of them did not fail the callers').waitFor();
    await path.getByRole('link').first().click();
    await page.waitForURL(`**/traces/${SLOW_TRACE}`);
    await page.close();
  });

  test('log lines are narrowed by what one of them says', async () => {
    const { page, complaints } = await show('/explore/logs');
    const lines = page.getByRole('list', { name: 'Lines' }).getByRole('listitem');
    await lines.filter({ hasText: '<img src=x' }).first().waitFor();
    await page.getByLabel('Query', { exact: true }).fill('"pool exhausted"');
    await page.getByLabel('Query', { exact: true }).press('Enter');
    await lines.filter({ hasText: 'GET /healthz' }).first().waitFor({ state: 'detached' });
    await page.getByText('12 lines: 12 error.').waitFor();
    await lines.first().getByRole('button').first().click();
    await lines.first().getByRole('link', { name: 'Its trace' }).waitFor();
    await lines.first().getByRole('button', { name: 'Only lines with this db.system.name' }).click();
    await page.waitForURL(/query=/);
    assert.equal(
      new URL(page.url()).searchParams.get('query'),
      '"pool exhausted" db.system.name:"postgresql"',
    );
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('the lines around a line are shown, and more of them', async () => {
    const { page } = await show('/explore/logs?query="pool exhausted"');
    const lines = page.getByRole('list', { name: 'Lines', exact: true }).getByRole('listitem');
    await lines.nth(5).getByRole('button').first().click();
    await lines.nth(5).getByRole('button', { name: 'Lines around it' }).click();
    const around = page.getByRole('list', { name: 'Lines around it' }).getByRole('listitem');
    await around.nth(20).waitFor();
    assert.equal(await around.count(), 21);
    await page.getByRole('button', { name: '20 more on both sides' }).click();
    await around.nth(40).waitFor();
    await page.close();
  });

  test('a log query that cannot be read is shown with the place, once', async () => {
    const { page } = await show('/explore/logs?query=level:eror');
    const problem = page.getByRole('alert');
    await problem.getByText('expected a level').waitFor();
    assert.equal(await problem.count(), 1);
    const [line, sign] = (await problem.locator('pre, code').first().textContent())!.split('\n');
    assert.equal(line, 'level:eror');
    assert.equal(sign?.indexOf('▲'), 6);
    await page.close();
  });

  test('kinds of lines are counted, and which of them are new, with the way to their lines', async () => {
    const { page } = await show('/explore/logs');
    await page.getByText('Kinds of lines').click();
    await page.getByRole('table', { name: 'Kinds of lines' }).getByText('412').waitFor();
    await page.getByText('What changed').click();
    const changed = page.getByRole('table', { name: 'What changed' }).getByRole('row');
    await changed.filter({ hasText: '/healthz' }).getByText('gone', { exact: true }).waitFor();
    const added = changed.filter({ hasText: 'pool exhausted' });
    await added.getByText('at least 110×').waitFor();
    await added.getByRole('link', { name: 'Its lines' }).click();
    const lines = page.getByRole('list', { name: 'Lines' }).getByRole('listitem');
    await lines.first().waitFor();
    assert.equal(new URL(page.url()).searchParams.get('query'), '"connections in use"');
    await page.close();
  });

  test('lines appear as they arrive, and what is wrong with the query is said', async () => {
    const { page } = await show('/explore/logs?view=live');
    await page.getByText('following').waitFor();
    const record = (id: string, body: string) => ({
      id,
      at: mitigatedScene().at,
      service: 'payments',
      level: 'error',
      body,
      attributes: { attempt: id },
    });
    server.log(record('a', 'the first line'));
    server.log(record('b', 'the second line'));
    const lines = page.getByRole('list', { name: 'Lines' }).getByRole('listitem');
    await lines.nth(1).waitFor();
    assert.match((await lines.nth(0).textContent())!, /the second line/);
    await page.getByText('2 lines since it began.').waitFor();
    await page.getByLabel('Query', { exact: true }).fill('level:eror');
    await page.getByLabel('Query', { exact: true }).press('Enter');
    await page.getByRole('alert').getByText('expected a level').waitFor();
    await page.close();
  });

  test('a trace shows what it waited for, where its error began, and what was logged in it', async () => {
    const { page } = await show(`/traces/${SLOW_TRACE}`);
    await page
      .getByText('An error began in payments pg-pool.connect and failed the whole request.')
      .waitFor();
    const spans = page.getByRole('list', { name: 'Spans' }).getByRole('listitem');
    const slowest = spans.filter({ hasText: 'pg-pool.connect' });
    await slowest.getByText('bottleneck: 2.5 s').waitFor();
    await slowest.getByText('the error began here').waitFor();
    // The wait lies under the whole of its bar; the root waited only at both ends by itself.
    assert.equal(await slowest.locator('svg rect[y="13"]').count(), 1);
    assert.equal(await spans.first().locator('svg rect[y="13"]').count(), 2);
    await spans.first().getByRole('button').click();
    await spans.first().getByText('/checkout', { exact: true }).waitFor();
    await page
      .getByRole('list', { name: 'Lines' })
      .getByText(/pool exhausted/)
      .first()
      .waitFor();
    await page.close();
  });

  test('an incident leads to the logs of its service in its time', async () => {
    const { page } = await show('/incidents/INC-1');
    await page
      .getByRole('navigation', { name: 'What gateway sent' })
      .getByRole('link', { name: 'Logs' })
      .click();
    await page.getByRole('list', { name: 'Lines' }).getByRole('listitem').first().waitFor();
    const { searchParams } = new URL(page.url());
    assert.equal(searchParams.get('service'), 'gateway');
    assert.equal(searchParams.get('from'), '2026-11-23T14:09:51.005Z');
    await page.close();
  });
});
