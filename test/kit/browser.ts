// A real browser for tests, or why there is none.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const place = PLACES.find(path => path !== undefined && existsSync(path));

/** `false`, or the reason why browser tests are left out on this machine. */
export const noBrowser: string | false =
  place === undefined ? 'no Chromium here (apt-get install chromium, or name one in CHROMIUM)' : false;

/** Headless, with a profile of its own that goes away with it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: place!, args: QUIET });
}
