// The pages of the command line in a real browser: nothing wider than the window, nothing over its neighbour, every
// formula drawn, contrast in light and dark, headings in order, links that lead somewhere, and the folded parts on paper.
// `npm run test:browser` builds the program and installs the driver; without a Chromium it says so and skips.
// `--shots DIR` also writes pictures of the pages, wide and narrow, light and dark.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
if (executablePath === undefined) {
  process.stdout.write('skipped: no Chromium found; set CHROMIUM to its path\n');
  process.exit(0);
}
if (!existsSync(join(here, 'node_modules/playwright-core'))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] });
}
const { chromium } = await import('playwright-core');

const folder = mkdtempSync(join(tmpdir(), 'marginalia-pages-'));
const at = (name) => join(folder, name);
const shots = process.argv.includes('--shots') ? process.argv[process.argv.indexOf('--shots') + 1] : undefined;
if (shots !== undefined) mkdirSync(shots, { recursive: true });

const mine = 'title Mine\nsource arXiv 1812.11317\ndeclare x: n d\ndeclare w: k d\ndeclare y: n -> k\ndeclare s: scalar in [2, 10]\n'
  + 'define D3 c[k] = dot(unit(w[k]), unit(x))\ndefine L L = log(sum(k, exp(s * c[k]))) - s * c[y]\nclaim (1) d(L, c[k]) = s * exp(s * c[k])\n';
writeFileSync(at('mine.derivation'), mine);
const commands = {
  explain: ['explain', 'sv-arc-softmax'], pairs: ['explain', 'hdc'], mistakes: ['mistakes'],
  check: ['check', at('mine.derivation'), '--cases', '24', '--out', at('report')],
};

/** Runs in the page. */
function look() {
  for (const part of document.querySelectorAll('details')) part.open = true;
  const box = (element) => element.getBoundingClientRect();
  const texts = [...document.body.querySelectorAll('*')].filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const ground = (element) => {
    for (let e = element; e !== null; e = e.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const luminance = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const part = rgb[i] / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const contrast = (element) => {
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(ground(element))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  // What a box within the cell scrolls reaches no farther than the box.
  const rightOf = (inner, cell) => {
    for (let e = inner; e !== cell; e = e.parentElement) if (getComputedStyle(e).overflowX === 'auto') return box(e).right;
    return box(inner).right;
  };
  const levels = [...document.querySelectorAll('h1,h2,h3')].map((heading) => Number(heading.tagName[1]));
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return {
    wide: document.documentElement.scrollWidth > innerWidth,
    formulas: document.querySelectorAll('math').length,
    undrawn: [...document.querySelectorAll('math')].filter((math) => box(math).width < 2).length,
    over: [...document.querySelectorAll('td,th')].filter((cell) => [...cell.querySelectorAll('math,.matrix')].some((inner) => rightOf(inner, cell) > box(cell).right + 1)).length,
    faint: texts.filter((element) => contrast(element) < 4.5).map((element) => `${element.tagName}: ${element.textContent.slice(0, 40)}`),
    skipped: levels.some((level, i) => i > 0 && level > levels[i - 1] + 1),
    nowhere: [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href').slice(1)).filter((id) => !ids.includes(id)),
    cut: [...document.querySelectorAll('.lines .scroll')].filter((part) => part.scrollWidth > part.clientWidth).length,
    twice: ids.filter((id, i) => ids.indexOf(id) !== i),
    unnamed: [...document.querySelectorAll('[tabindex]')].filter((element) => !element.getAttribute('aria-label')).length,
    scripts: document.scripts.length,
  };
}
const good = { wide: false, undrawn: 0, over: 0, faint: [], skipped: false, nowhere: [], twice: [], unnamed: 0, scripts: 0 };

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let failed = 0;
try {
  for (const [name, args] of Object.entries(commands)) {
    const file = at(`${name}.html`);
    // A derivation with a wrong line ends with 1; its page is there all the same.
    try {
      execFileSync(process.execPath, [main, ...args, '--html', file], { stdio: 'ignore' });
    } catch {
      assert.equal(name, 'check');
    }
    for (const width of [1280, 390]) for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const complaints = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => request.url().startsWith('file:') || complaints.push(`asked for ${request.url()}`));
      await page.goto(pathToFileURL(file).href);
      const closed = await page.evaluate(() => document.querySelectorAll('details:not([open])').length);
      if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      await page.emulateMedia({ media: 'print' });
      // What folds is laid out anew at the next frame.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const hidden = await page.evaluate(() => [...document.querySelectorAll('details > :not(summary)')].filter((part) => !part.checkVisibility({ contentVisibilityAuto: true })).length);
      await page.emulateMedia({ media: 'screen' });
      const { formulas, cut, ...found } = await page.evaluate(look);
      try {
        assert.deepEqual({ ...found, complaints, hidden }, { ...good, complaints: [], hidden: 0 });
        // The matrices of the pairs are wider than any window that is not narrow.
        if (name !== 'pairs' || width < 1280) assert.equal(cut, 0, 'a table of lines is cut');
        assert.ok(formulas > 0);
        process.stdout.write(`ok   ${name}, ${width} px, ${colorScheme}: ${formulas} formulas, ${closed} parts folded\n`);
      } catch (error) {
        failed++;
        process.stdout.write(`FAIL ${name}, ${width} px, ${colorScheme}\n${error.message}\n`);
      }
      await page.close();
    }
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;
