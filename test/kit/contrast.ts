// Of what is written on a page, what cannot be read well: WCAG 2.2, 1.4.3 (text) and 1.4.11 (signs and large text).
import type { Page } from 'playwright-core';

/** Runs in the page: texts with the ratio of their colour to their ground, where it is too low. */
const FAINT = `(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const drawn = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = color => {
    drawn.clearRect(0, 0, 1, 1);
    drawn.fillStyle = color;
    drawn.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = drawn.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat([1]);
  const linear = value => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const faint = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    const style = getComputedStyle(element);
    if (text === '' || element.getBoundingClientRect().width === 0 || style.visibility === 'hidden') continue;
    // What cannot be used now may be faint.
    if (element.closest('[disabled], [data-disabled]')) continue;
    let ground = [255, 255, 255, 1];
    const around = [];
    for (let one = element; one; one = one.parentElement) around.unshift(rgba(getComputedStyle(one).backgroundColor));
    for (const color of around) ground = over(color, ground);
    const written = over(rgba(element.closest('svg') ? style.fill : style.color), ground);
    const [light, dark] = [luminance(written), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large || /^[①-⑨]$/.test(text) ? 3 : 4.5))
      faint.add(text.slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return [...faint];
})()`;

/** Colours are on their way for a while after they change; what goes on without an end is no such change. */
const AT_REST = `Promise.allSettled(
  document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished),
).then(() => undefined)`;

export async function faintTexts(page: Page): Promise<string[]> {
  await page.evaluate(AT_REST);
  return (await page.evaluate(FAINT)) as string[];
}
