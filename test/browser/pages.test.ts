// Every page of the console on a phone, in light and dark: it fits, can be read, and names its controls.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { noBrowser, openBrowser } from '../kit/browser.ts';
import { PHONE, settled, showPage } from '../kit/console-page.ts';
import { mitigatedScene } from '../kit/console-scene.ts';
import { type ConsoleServer, serveConsole } from '../kit/console-server.ts';
import { faintTexts } from '../kit/contrast.ts';

const PATHS = [
  '/',
  '/incidents',
  '/incidents/INC-1',
  '/incidents/INC-1/postmortem',
  '/slos',
  '/slos/checkout-availability',
  '/slos?show=trouble&sort=-burn',
  '/slo-documents/gateway',
  '/what-if?slo=checkout-availability&target=99.5',
  '/suggest?service=gateway',
  '/suggest?service=gateway&view=monitoring',
  '/services?service=payments',
  '/oncall',
  '/traces/16397203dc5922bace1097f05b773ed3',
  `/explore/metrics?q=${encodeURIComponent('sum by (service_name) (rate(http_requests_total[5m]))')}`,
  '/explore/metrics?view=table&q=up',
  '/telemetry',
  '/probes',
  '/probes/gateway-health',
  '/probes/nightly-backup',
  '/explore/logs',
  '/explore/logs?view=patterns',
  '/explore/logs?view=surge',
  '/explore/traces',
  '/explore/bottleneck?service=gateway',
];

/** Of controls, those that nothing names; runs in the page. */
const NAMELESS = `[...document.querySelectorAll('button, a[href], input, select, textarea, [role="button"], [role="textbox"]')]
  .filter(one => {
    const named = ['aria-label', 'aria-labelledby', 'title'].some(key => (one.getAttribute(key) ?? '') !== '');
    return !named && !one.labels?.length && one.textContent.trim() === '';
  })
  .map(one => one.outerHTML.slice(0, 200))`;

describe('every page', { skip: noBrowser }, () => {
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

  for (const path of PATHS)
    test(`${path} fits a phone, names its controls, can be read and gives the browser nothing to complain about`, async () => {
      const { page, complaints } = await showPage(browser, server, mitigatedScene(), path, {
        viewport: PHONE,
      });
      await settled(page);
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
      assert.ok(wide <= PHONE.width, `${path} is ${wide} wide on a screen of ${PHONE.width}`);
      assert.deepEqual(await page.evaluate(NAMELESS), []);
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor();
        assert.deepEqual(await faintTexts(page), [], scheme);
      }
      assert.deepEqual(complaints, []);
      await page.close();
    });
});
