// Opens the pages in a real browser and says, one JSON line a check, what it found: {"check": "...", "faults": [...]}.
// Usage: node check.mjs '{"browser": "/usr/bin/chromium", "pages": {"board": "http://127.0.0.1:1234/"}, "shots": ""}'
// Pictures of the pages are kept in the folder shots, if one is given.
import { readFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const given = JSON.parse(process.argv[2]);
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const wide = { width: 1280, height: 900 };
const narrow = { width: 375, height: 812 };
const narrowest = { width: 320, height: 640 };

const browser = await chromium.launch({
  executablePath: given.browser,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

function report(check, faults) {
  console.log(JSON.stringify({ check, faults }));
}

// open shows a page and notes whatever no page may do: errors, refusals by its own policy, requests to another host.
async function open(url, settings) {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      // The status of the page itself is said on the console, too; tests of the handler look at it.
      if (!/Failed to load resource.*status of (400|404|503)/.test(message.text())) faults.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()}`));
  page.on('request', (request) => {
    const address = new URL(request.url());
    if (address.origin !== new URL(url).origin) faults.push(`asked ${address.origin} for ${address.pathname}`);
  });
  if (settings.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      globalThis.refusals = [];
      document.addEventListener('securitypolicyviolation', (e) => globalThis.refusals.push(`${e.violatedDirective} ${e.blockedURI}`));
    });
  }
  await page.goto(url, { waitUntil: 'load' });
  return { context, page, faults };
}

async function accessibility(page) {
  // Not by a script element: the page's policy would rightly refuse it.
  await page.evaluate(axeSource);
  const found = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }), axeTags);
  if (found.passes.length === 0) return ['axe: nothing was checked'];
  return found.violations.map((v) => `axe ${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
}

async function sideways(page) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  return content > view ? [`the page is ${content} px wide in a window of ${view} px`] : [];
}

async function fontsLoaded(page) {
  const ok = await page.evaluate(async () => {
    await document.fonts.ready;
    return [...document.fonts].some((f) => f.family === 'Roboto' && f.status === 'loaded');
  });
  return ok ? [] : ['Roboto was not loaded'];
}

async function shot(page, name) {
  if (!given.shots) return;
  await mkdir(given.shots, { recursive: true });
  await page.screenshot({ path: join(given.shots, `${name}.png`), fullPage: true });
}

// Every page, at two widths, with and without JavaScript.
async function matrix(name, url) {
  for (const [size, viewport] of [['1280', wide], ['375', narrow]]) {
    for (const scripts of [true, false]) {
      const check = `${name} at ${size} px ${scripts ? 'with' : 'without'} JavaScript`;
      const { context, page, faults } = await open(url, { viewport, javaScriptEnabled: scripts });
      if (!(await page.locator('h1').first().isVisible())) faults.push('there is no heading to see');
      faults.push(...await sideways(page));
      if (scripts) {
        faults.push(...await fontsLoaded(page), ...await accessibility(page));
        faults.push(...(await page.evaluate(() => globalThis.refusals)).map((r) => `policy: ${r}`));
        await shot(page, `${name}-${size}`);
      }
      report(check, faults);
      if (viewport === narrow && scripts) {
        await page.setViewportSize(narrowest);
        report(`${name} at 320 px does not scroll sideways`, await sideways(page));
      }
      await context.close();
    }
  }
}

// tabTo presses Tab until the element is focused, as somebody without a mouse does.
async function tabTo(page, selector) {
  const target = page.locator(selector);
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((e) => e === document.activeElement)) return true;
  }
  return false;
}

// Choosing by keyboard alone, without JavaScript, from the skip link to a shared address.
async function keyboard(url) {
  const { context, page, faults } = await open(url, { viewport: wide, javaScriptEnabled: false });
  await page.keyboard.press('Tab');
  if (!(await page.locator('.ds_skip-links__link').isVisible())) faults.push('the first Tab does not show the skip link');
  if (await tabTo(page, '#kind')) await page.keyboard.type('Detox');
  else faults.push('Tab does not reach the kind of place');
  if (await tabTo(page, '#needs-step-free')) await page.keyboard.press('Space');
  else faults.push('Tab does not reach step-free access');
  await Promise.all([page.waitForURL(/kind=Detox/, { timeout: 10000 }), page.keyboard.press('Enter')]).catch(
    (error) => faults.push(`Enter does not send the form: ${error.message.split('\n')[0]}`),
  );
  const chosen = new URL(page.url()).searchParams;
  if (chosen.get('kind') !== 'Detox' || chosen.get('needs') !== 'step-free') faults.push(`the address is ${page.url()}`);
  if (await page.locator('.chips a').count() !== 2) faults.push('the two choices are not shown');
  if (await tabTo(page, '.chips a >> nth=0')) {
    await Promise.all([page.waitForURL((u) => !u.searchParams.has('kind')), page.keyboard.press('Enter')]).catch(
      (error) => faults.push(`a choice cannot be taken away: ${error.message.split('\n')[0]}`),
    );
  } else faults.push('Tab does not reach the choices');
  report('the form works by keyboard without JavaScript', faults);
  await context.close();
}

// Everything that takes the focus shows it.
async function focusShows(url) {
  const { context, page, faults } = await open(url, { viewport: wide });
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return '';
      const marks = [e, e.nextElementSibling].filter(Boolean).flatMap((n) => [getComputedStyle(n), getComputedStyle(n, '::before')]);
      const shows = marks.some((s) => s.outlineStyle !== 'none' || s.boxShadow !== 'none' || s.backgroundColor === 'rgb(253, 213, 34)');
      return shows ? '' : e.outerHTML.slice(0, 120);
    });
    if (hidden) faults.push(`no sign of focus on ${hidden}`);
  }
  report('focus can be seen', faults);
  await context.close();
}

async function preferences(url) {
  const forced = await open(url, { viewport: wide, forcedColors: 'active' });
  report('forced colours', [...forced.faults, ...await accessibility(forced.page)]);
  await shot(forced.page, 'board-forced-colours');
  await forced.context.close();

  const still = await open(url, { viewport: wide, reducedMotion: 'reduce' });
  const moving = await still.page.evaluate(() => [...document.querySelectorAll('*')].filter((e) => {
    const s = getComputedStyle(e);
    return (s.transitionProperty !== 'none' && parseFloat(s.transitionDuration) > 0) || s.animationName !== 'none';
  }).map((e) => e.outerHTML.slice(0, 80)));
  report('reduced motion', [...still.faults, ...moving.map((e) => `moves: ${e}`)]);
  await still.context.close();
}

async function print(url) {
  const { context, page, faults } = await open(url, { viewport: wide });
  await page.emulateMedia({ media: 'print' });
  if (await page.locator('.filters').isVisible()) faults.push('the form is printed');
  if (!(await page.locator('.as-of').isVisible())) faults.push('the time of the figures is not printed');
  if (!(await page.locator('tbody tr').first().isVisible())) faults.push('the rows are not printed');
  const pdf = await page.pdf(given.shots ? { path: join(given.shots, 'board.pdf'), preferCSSPageSize: true } : { preferCSSPageSize: true });
  if (pdf.length < 5000) faults.push(`the print is ${pdf.length} bytes long`);
  report('print', faults);
  await context.close();
}

for (const [name, url] of Object.entries(given.pages)) await matrix(name, url);
if (given.pages.board) {
  await keyboard(given.pages.board);
  await focusShows(given.pages.board);
  await preferences(given.pages.board);
  await print(given.pages.board);
}
await browser.close();
