// Opens pages of the console in a browser while a scene plays.
import type { Browser, Page } from 'playwright-core';
import type { Scene } from './console-scene.ts';
import type { ConsoleServer } from './console-server.ts';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export interface Shown {
  page: Page;
  /** What the browser complains about. */
  complaints: string[];
}

/** Opens a page while a scene plays, and waits until it follows the server's events. */
export async function showPage(
  browser: Browser,
  server: ConsoleServer,
  scene: Scene,
  path: string,
  { viewport = DESKTOP, dark = false } = {},
): Promise<Shown> {
  server.away(false);
  server.play(scene);
  server.calls.length = 0;
  const page = await browser.newPage({ viewport, colorScheme: dark ? 'dark' : 'light' });
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.clock.setFixedTime(scene.at);
  await page.goto(`${server.url}${path}`);
  await page.getByText('live', { exact: true }).waitFor();
  return { page, complaints };
}

/** Waits until the page stands and nothing on it is still loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor();
  const loading = page.locator('[aria-label="Loading"]');
  // Not waitForFunction: it evaluates text again and again in the page, which the console's own CSP forbids.
  while ((await loading.count()) > 0)
    await loading
      .first()
      .waitFor({ state: 'detached' })
      .catch(error => {
        throw new Error(`the page is still loading: ${error}`);
      });
}
