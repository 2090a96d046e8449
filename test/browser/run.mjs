// The playground in a real browser: drags, types, slides and follows the derivation, reads values off the page and
// compares them with the engine in Node; lists the controls and their names, measures contrast and frame time.
// `npm run test:browser` builds the page and installs the driver here; without a Chromium it says so and skips.
// `--shots DIR` also writes pictures of the page, wide and narrow, light and dark.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = new URL('../../dist/', import.meta.url);
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
if (executablePath === undefined) {
  process.stdout.write('skipped: no Chromium found; set CHROMIUM to its path\n');
  process.exit(0);
}
if (!existsSync(`${here}node_modules/playwright-core`)) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] });
}
const { chromium } = await import('playwright-core');
const { serve } = await import(new URL('cli/explore.js', dist).href);
const { canHave, turn } = await import(new URL('playground/model.js', dist).href);
const { fromHash, initial, scattered, toHash } = await import(new URL('playground/state.js', dist).href);
const { grad, tensor } = await import(new URL('index.js', dist).href);
const { catalogue } = await import(new URL('losses/index.js', dist).href);

const server = await serve(fileURLToPath(dist), 0);
const address = `http://127.0.0.1:${server.address().port}/playground/`;
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const complaints = [];
async function open(options = {}, hash = '') {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 }, ...options });
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address + hash);
  await page.waitForFunction(() => document.querySelector('#frame-time').textContent !== '' && document.querySelector('#verdict').textContent !== '');
  return page;
}

const tests = [];
const test = (name, body) => tests.push({ name, body });
/** Numbers as the page writes them. */
const number = (text) => Number(text.replaceAll('−', '-').replace('∞', 'Infinity'));
const near = (shown, exact) => Math.abs(shown - exact) <= 6e-3 * Math.abs(exact) + 1e-12;

/** The selected sample's loss and the gradient of the batch, by the engine in Node, for the address of the page. */
function ofEngine(url) {
  const state = fromHash(new URL(url).hash, canHave);
  const row = catalogue[state.loss];
  const loss = (reduction) => row.create({ ...state.parameters, reduction });
  const point = (angle, length = 1) => [length * Math.cos((angle * Math.PI) / 180), length * Math.sin((angle * Math.PI) / 180)];
  const inputs = [
    tensor(state.samples.map((x) => point(x.angle, x.length)), { dtype: 'f64' }),
    tensor(state.weights.map((angle) => point(angle)), { dtype: 'f64' }),
    tensor(state.samples.map((x) => x.label), { dtype: 'i32' }),
  ];
  return { state, mean: loss('mean')(...inputs).item(), each: loss('none')(...inputs).toArray(), dw: grad(loss('mean'), { wrt: 1 })(...inputs).toArray() };
}

const settled = async (page) => {
  await page.waitForTimeout(500);
  return page.textContent('#summary');
};

test('shows the loss the engine computes in Node, and the same again from its address', async () => {
  const page = await open();
  const text = await settled(page);
  const { state, mean, each } = ofEngine(page.url());
  assert(near(number(/Mean loss (\S+?)\.? Sample/.exec(text)[1]), mean), text);
  assert(near(number(/loss (\S+); support/.exec(text)[1]), each[state.selected]), text);
  const again = await open({}, new URL(page.url()).hash);
  assert.equal(await settled(again), text);
});

test('follows a dragged class weight, and points its arrows down the gradient', async () => {
  const page = await open();
  const before = await settled(page);
  const box = await page.locator('[data-weight="1"]').boundingBox();
  const from = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(...from);
  await page.mouse.down();
  for (let i = 1; i <= 30; i++) await page.mouse.move(from[0] + 4 * i, from[1] + i);
  await page.mouse.up();
  const text = await settled(page);
  assert.notEqual(text, before);
  const { state, mean, dw } = ofEngine(page.url());
  assert.notEqual(state.weights[1], initial.weights[1]);
  assert(near(number(/Mean loss (\S+?)\.? Sample/.exec(text)[1]), mean), text);
  const arrows = await page.locator('.arrow.weight').evaluateAll((all) => all.map((arrow) => arrow.getAttribute('d')));
  arrows.forEach((d, k) => {
    if (d === '') return;
    const [x1, y1, x2, y2] = d.match(/-?\d*\.?\d+/g).slice(0, 4).map(Number);
    const along = (x2 - x1) * -dw[k][0] + -(y2 - y1) * -dw[k][1];
    assert(along > 0.9 * Math.hypot(x2 - x1, y2 - y1) * Math.hypot(...dw[k]), `arrow of weight ${k + 1}`);
  });
});

test('draws the boundaries of the selected class where the loss lets it win, and the loss in every direction', async () => {
  const page = await open();
  await settled(page);
  const { state } = ofEngine(page.url());
  const around = turn(state);
  const crossings = (flags) => flags.filter((flag, i) => flag !== flags.at(i - 1)).length;
  const lines = async (id) => (await page.getAttribute(id, 'd')).split('M').length - 1;
  assert.equal(await lines('#boundary-nearest'), crossings(around.nearest));
  assert.equal(await lines('#boundary-accepted'), crossings(around.accepted));
  const shades = await page.locator('#surface path').evaluateAll((all) => all.map((wedge) => Number(wedge.getAttribute('fill-opacity'))));
  const darkest = shades.indexOf(Math.max(...shades)) * 5;
  assert(around.losses[darkest + 2] > 0.9 * Math.max(...around.losses));
});

test('moves weights and samples by keys', async () => {
  const page = await open();
  await settled(page);
  await page.focus('[data-weight="2"]');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('PageUp');
  await page.focus('.sample.selected');
  await page.keyboard.press('ArrowLeft');
  await settled(page);
  const { state } = ofEngine(page.url());
  assert.equal(state.weights[2], (initial.weights[2] + 11) % 360);
  assert.equal(state.samples[initial.selected].angle, (initial.samples[initial.selected].angle + 359) % 360);
  // Two keys between two frames.
  await page.evaluate(() => ['ArrowRight', 'PageUp'].forEach((key) => document.querySelector('[data-weight="2"]').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))));
  await settled(page);
  state.weights[2] += 11;
  const now = (of) => page.getAttribute(of, 'aria-valuenow');
  assert.equal(await now('[data-weight="2"]'), String(state.weights[2]));
  for (const of of ['[data-weight="2"]', '.sample.selected']) {
    await page.focus(of);
    for (const [key, angle] of [['Home', '0'], ['ArrowUp', '1'], ['ArrowDown', '0'], ['ArrowLeft', '359'], ['End', '359.9']]) {
      await page.keyboard.press(key);
      await settled(page);
      assert.equal(await now(of), angle, key);
    }
    assert.deepEqual([await page.getAttribute(of, 'aria-valuemin'), await page.getAttribute(of, 'aria-valuemax')], ['0', '359.9']);
  }
  assert.equal(await page.evaluate(() => scrollY), 0);
});

test('shows where the keyboard is without hiding what is there', async () => {
  const page = await open();
  await settled(page);
  const stroke = (of) => page.locator(of).evaluate((e) => [getComputedStyle(e).stroke, getComputedStyle(e).strokeWidth].join());
  const parts = ['.weight.lit .handle', '.weight.own .handle', '.weight.lit .hold', '#circle .sample.selected'];
  const all = () => Promise.all(parts.map(stroke));
  const before = await all();
  const changes = async () => (await all()).map((now, i) => now !== before[i]);
  // Any key makes the next focus a visible one.
  await page.keyboard.press('Shift');
  await page.focus('.weight.lit');
  assert.deepEqual(await changes(), [false, false, true, false]);
  await page.focus('#circle .sample.selected');
  assert.deepEqual(await changes(), [false, false, false, true]);
});

test('slides a parameter and changes the loss', async () => {
  const page = await open();
  await page.fill('#parameters input[data-name="t"]', '1');
  const text = await settled(page);
  const { mean } = ofEngine(page.url());
  assert(near(number(/Mean loss (\S+?)\.? Sample/.exec(text)[1]), mean));
  await page.selectOption('#loss', 'am-softmax');
  // AM has no support vectors to name.
  const numbers = (said) => said.replace(/; support vectors.*$/, '');
  assert.equal(numbers(await settled(page)), numbers(text), 'SV-AM at t = 1 is AM');
  const values = () => page.locator('#parameters input').evaluateAll((all) => Object.fromEntries(all.map(({ dataset, value }) => [dataset.name, Number(value)])));
  await page.selectOption('#loss', 'a-softmax');
  await settled(page);
  assert.deepEqual(await values(), { s: 16, m: 4, lambda: 0 });
  await page.selectOption('#loss', 'sv-am-softmax');
  await settled(page);
  assert.deepEqual(await values(), { s: 16, m: 0.2, t: 1 }, 'as it was left');
});

test('follows the derivation: a line pointed at lights what it speaks of', async () => {
  const page = await open();
  await settled(page);
  const names = await page.locator('#lines th').allTextContents();
  assert.deepEqual(['x', 'w', 'c', 'f', 'I', 'v', 'z', 'L'].filter((name) => !names.includes(name)), []);
  await page.locator('#lines tr', { has: page.locator('th', { hasText: /^f$/ }) }).hover();
  assert.equal(await page.getAttribute('#circle', 'data-touched'), 'own');
  const u3 = page.locator('#lines tr', { has: page.locator('th', { hasText: /^u3$/ }) });
  await u3.hover();
  assert.equal(await page.getAttribute('#circle', 'data-touched'), 'weights', 'a step without a symbol lights what it is made of');
  const dark = [];
  for (const row of await page.locator('#lines tr').all()) {
    await row.hover();
    if ((await page.getAttribute('#circle', 'data-touched')) === '') dark.push(await row.locator('th').textContent());
  }
  assert.deepEqual(dark, []);
  // A mouse that lies over a row as the page scrolls would light it.
  await page.mouse.move(2, 2);
  await page.locator('#lines tr').first().focus();
  assert.equal(await page.getAttribute('#circle', 'data-touched'), 'sample');
  const last = await page.locator('#lines tr').last().locator('td').nth(1).textContent();
  const { state, each } = ofEngine(page.url());
  assert(near(number(last), each[state.selected]), last);
});

for (const [width, height] of [[1280, 800], [1440, 900], [390, 800]]) {
  test(`shows what a line lights while the derivation is read, at ${width} × ${height}`, async () => {
    const isPhone = width < 700;
    const page = await open({ viewport: { width, height }, ...(isPhone && { isMobile: true, hasTouch: true }) });
    await settled(page);
    for (const row of await page.locator('#lines tr').all()) {
      await row.scrollIntoViewIfNeeded();
      // The circle gets its place at the next frame.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      if (isPhone) await row.tap();
      else await row.hover();
      const { lit, hidden, isRead } = await row.evaluate((tr) => {
        const mark = getComputedStyle(document.querySelector('.arrow.weight')).stroke;
        const found = [...document.querySelectorAll('#circle :is(.handle, .sample.selected, .link)')].filter((e) => getComputedStyle(e).stroke === mark);
        const middle = ({ left, right, top, bottom }) => [(left + right) / 2, (top + bottom) / 2];
        // Outside of the window nothing is at a point; under something else, that is.
        const isSeen = (e) => document.elementFromPoint(...middle(e.getBoundingClientRect()))?.closest('#circle') != null;
        const cells = [...tr.cells].map((cell) => cell.getBoundingClientRect());
        return { lit: found.length, hidden: found.filter((e) => !isSeen(e)).length, isRead: cells.every(({ left, right }) => left >= 0 && right <= innerWidth) };
      });
      assert(lit > 0 && hidden === 0 && isRead, `${await row.locator('th').textContent()}: ${lit} lit, ${hidden} of them out of sight; all columns in sight: ${isRead}`);
    }
    await page.locator('h1').scrollIntoViewIfNeeded();
    await page.locator('#lines tr').nth(8).focus();
    assert.equal(await page.locator('#lines tr').nth(8).evaluate((tr) => tr.contains(document.elementFromPoint(tr.getBoundingClientRect().left + 5, tr.getBoundingClientRect().top + 5))), true, 'by key');
  });
}

test('tells one story of a sample that hard mining drops: in the words, the derivation and the curve', async () => {
  const page = await open({}, `#${toHash({ ...initial, loss: 'hm-softmax', parameters: { s: 16, saveRate: 0.2 }, selected: 0 })}`);
  assert.match(await settled(page), /loss 0; support/);
  const rows = await page.locator('#lines tr').evaluateAll((all) => Object.fromEntries(all.map(({ cells }) => [cells[0].textContent, cells[2].textContent])));
  assert.deepEqual([rows.g, rows.L, rows.result], ['0', '0', '0']);
  const { state } = ofEngine(page.url());
  assert.equal(turn(state, 3600).losses[Math.round(10 * state.samples[0].angle)], 0);
});

test('judges a typed line at once', async () => {
  const page = await open();
  await page.fill('#own-line', 'd(L, c[k]) = s * p[k] where k != y');
  await page.waitForSelector('#verdict[data-verdict=fails]');
  assert.match(await page.textContent('#verdict'), /is wrong[\s\S]*x = \[/);
  await page.fill('#own-line', 'd(L, c[k]) = s * p[k] * (t if c[k] > f else 1) where k != y');
  await page.waitForSelector('#verdict[data-verdict=holds]');
  await page.fill('#own-line', '1 = 2');
  await page.waitForSelector('#verdict[data-verdict=fails]');
  assert.match(await page.textContent('#verdict'), /^The line is wrong: [^\n]*\nleft 1\.00, right 2\.00$/);
  await page.fill('#own-line', 'd(L, c[k]) = s * p[k] * (t if c[k] > f else 1) where k != y');
  await page.waitForSelector('#verdict[data-verdict=holds]');
  await page.fill('#own-g', '(1 - p[y])^2');
  await page.waitForSelector('#verdict[data-verdict=fails]');
  const [, left, right] = /left (\S+), right (\S+)/.exec(await page.textContent('#verdict'));
  assert.notEqual(left, right);
  await page.fill('#own-g', '1');
  await page.fill('#own-h', 't * (c[k]');
  await page.waitForSelector('#verdict[data-verdict=unreadable]');
  await settled(page);
  const copied = await open({}, new URL(page.url()).hash);
  assert.equal(await copied.inputValue('#own-h'), 't * (c[k]');
  await copied.waitForSelector('#verdict[data-verdict=unreadable]');
  await copied.click('#reset');
  await copied.waitForSelector('#verdict[data-verdict=holds]');
});

test('says why a field refuses a number, and shows the one that holds when the field is left', async () => {
  const page = await open();
  await settled(page);
  for (const [id, typed, note, holds] of [
    ['classes', '11', 'classes stays 4: it takes a whole number from 2 to 10.', '4'], ['classes', '1', 'classes stays 4: it takes a whole number from 2 to 10.', '4'],
    ['per-class', '0', 'per class stays 8: it takes a whole number from 1 to 20.', '8'], ['sample', '9999', 'sample stays 25: it takes a whole number from 1 to 32.', '25'],
    ['sample-class', '7', 'its class stays 1: it takes a whole number from 1 to 4.', '1'],
    ['sample-angle', '12.34', 'its angle stays 343.5: it takes a number with one decimal at most from 0 to 360.', '343.5'], ['sample', '', '', '25'],
  ]) {
    await page.fill(`#${id}`, typed);
    assert.deepEqual([await page.textContent('#number-note'), await page.inputValue(`#${id}`)], [note, typed]);
    await page.locator(`#${id}`).blur();
    assert.equal(await page.inputValue(`#${id}`), holds);
  }
  await page.fill('#sample', '99');
  await page.fill('#classes', '3');
  await settled(page);
  assert.deepEqual([await page.textContent('#number-note'), ofEngine(page.url()).state.samples.length], ['', 24]);
});

test('says that an address cannot be read, until something is changed', async () => {
  const page = await open({}, '#loss=no-such-loss&w=1');
  const first = await open();
  assert.match(await page.textContent('#address-note'), /cannot be read; the first picture is shown/);
  assert.equal(await settled(page), await settled(first));
  assert.equal(await first.textContent('#address-note'), '');
  await page.fill('#sample-angle', '12');
  await settled(page);
  assert.equal(await page.textContent('#address-note'), '');
});

test('says so of an address with a number that the loss cannot have, and keeps the picture and its address', async () => {
  const rest = 'w=0000rs&x=00002s&n=0';
  for (const loss of ['a-softmax&p.s=16&p.m=2.5', 'normface&p.s=', 'am-softmax&p.m=-5', 'normface&p.zzz=3']) {
    const page = await open({}, `#loss=${loss}&${rest}`);
    await settled(page);
    assert.match(await page.textContent('#address-note'), /cannot be read; the first picture is shown/, loss);
    assert.equal(new URL(page.url()).hash, `#${toHash(initial)}`, loss);
  }
  const page = await open({}, `#loss=normface&p.s=20&${rest}`);
  const before = await settled(page);
  const good = page.url();
  await page.evaluate((hash) => (location.hash = hash), `loss=a-softmax&p.s=16&p.m=2.5&${rest}`);
  assert.equal(await settled(page), before);
  assert.match(await page.textContent('#address-note'), /cannot be read; the picture stays as it was/);
  assert.equal(page.url(), good);
  await page.selectOption('#loss', 'a-softmax');
  assert.match(await settled(page), /loss normface to a-softmax/);
});

test('starts again without a trail', async () => {
  const page = await open();
  const first = await settled(page);
  await page.selectOption('#loss', 'normface');
  await settled(page);
  assert.equal((await legend(page)).isShown, true);
  await page.click('#reset');
  assert.equal(await settled(page), first);
  assert.deepEqual([(await legend(page)).isShown, ...(await isTrail(page)), await page.isVisible('#move-hint')], [false, false, false, true]);
});

test('says what a focal loss with a margin goes by, and why a class has no outer ring', async () => {
  const page = await open({}, '#loss=f-arc-softmax&p.s=30&p.m=0.8&p.gamma=5&w=0000rs&x=00aa2s&n=0');
  assert.match(await settled(page), /cosine 0\.799, p 5\.1e−5, g 3\.5e−23 by q 1\.00, the p of the cosines without the margin, loss 3\.5e−22;/);
  await page.fill('#parameters input[data-name="gamma"]', '0');
  assert.match(await settled(page), /g from 3\.5e−23 to 1\.00, loss/);
  assert.deepEqual(await page.locator('#move-g td').allTextContents(), ['3.5e−23', '1.00', '× 2.8e+22']);
  const many = await open({}, `#${toHash({ ...initial, ...scattered(10, 20) })}`);
  assert.match(await settled(many), /The loss lets this class win in none of 360 directions, so there is no outer ring/);
  assert.equal(await many.getAttribute('#ring-accepted', 'd'), '');
  await many.selectOption('#loss', 'normface');
  assert.doesNotMatch(await settled(many), /ring/);
  assert.equal(await many.isHidden('#move-g'), true);
  // Between two others a tenth of a degree away.
  const close = await open({}, `#${toHash({ ...initial, loss: 'normface', parameters: {}, weights: [10.1, 10.2, 10.3], samples: [{ angle: 5, length: 1, label: 1 }], selected: 0 })}`);
  assert.match(await settled(close), /This class is the nearest in none of 360 directions, so there is no ring/);
});

test('draws every sample below the end of the axis of the loss', async () => {
  const wrong = { ...initial.samples[0], angle: (initial.weights[initial.samples[0].label] + 180) % 360 };
  const page = await open({}, `#${toHash({ ...initial, samples: initial.samples.with(0, wrong), selected: 0 })}`);
  await settled(page);
  const { each } = ofEngine(page.url());
  assert(Math.max(...each) > 5);
  const end = number(await page.locator('#loss-p-curve .tick').evaluateAll((all) => all.map((tick) => tick.textContent).find((text) => Number(text) > 1)));
  assert(end >= Math.max(...each), `${end}`);
});

test('shows every loss without a number that is none', async () => {
  const page = await open();
  for (const id of await page.locator('#loss option').evaluateAll((all) => all.map(({ value }) => value))) {
    await page.selectOption('#loss', id);
    const text = await settled(page);
    assert.doesNotMatch(text, /not a number|∞|undefined/, id);
    assert.match(text, id === 'softmax' ? /score/ : /cosine/, id);
    const paths = await page.locator('svg path').evaluateAll((all) => all.map((path) => path.getAttribute('d') ?? '').join(' '));
    assert.doesNotMatch(paths, /NaN|Infinity|undefined/, id);
    assert.equal(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('loss'), id);
  }
});

test('names every control and lists them in reading order', async () => {
  const page = await open();
  await settled(page);
  const order = [];
  await page.evaluate(() => document.activeElement.blur());
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return null;
      const name = e.getAttribute('aria-label') ?? e.closest('label')?.innerText ?? e.textContent;
      return { tag: e.tagName.toLowerCase(), name: name.trim().replace(/\s+/g, ' ').slice(0, 60), top: e.getBoundingClientRect().top };
    });
    if (found === null) break;
    order.push(found);
  }
  assert.equal(order.filter(({ tag }) => tag === 'tr').length, 1, 'one stop for the derivation');
  assert(order.length > 20 && order.every(({ name }) => name !== ''), JSON.stringify(order.filter(({ name }) => name === '')));
  process.stdout.write(`  tab order: ${order.map(({ tag, name }) => `${tag} “${name.slice(0, 24)}”`).join(', ')}\n`);
});

test('goes through the derivation by arrows from its one stop, which stays where it was left', async () => {
  const page = await open();
  await settled(page);
  const rows = await page.locator('#lines tr').count();
  const at = () => page.evaluate(() => [document.activeElement.rowIndex - 1, document.querySelectorAll('#lines tr[tabindex="0"]').length]);
  await page.focus('#loss-equation');
  await page.keyboard.press('Tab');
  for (const [key, row] of [['ArrowUp', 0], ['ArrowDown', 1], ['ArrowDown', 2], ['End', rows - 1], ['ArrowDown', rows - 1], ['ArrowUp', rows - 2]]) {
    await page.keyboard.press(key);
    assert.deepEqual(await at(), [row, 1], key);
  }
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'own-f');
  await page.keyboard.press('Shift+Tab');
  assert.deepEqual(await at(), [rows - 2, 1]);
  assert.notEqual(await page.getAttribute('#circle', 'data-touched'), '');
  // Fewer lines than the one it was at.
  await page.selectOption('#loss', 'softmax');
  await settled(page);
  await page.focus('#loss-equation');
  await page.keyboard.press('Tab');
  assert.deepEqual(await at(), [await page.locator('#lines tr').count() - 1, 1]);
});

test('keeps a contrast of 4.5 for all its text, in light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    // Ten classes, for the digits on all ten colours.
    const page = await open({ colorScheme }, `#${toHash({ ...initial, ...scattered(10, 2) })}`);
    await settled(page);
    await page.fill('#sample-angle', '100');
    await settled(page);
    const poor = await page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const channels = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = (e) => {
        for (let at = e; at; at = at.parentElement) {
          const colour = channels(getComputedStyle(at).backgroundColor);
          if (colour[3] === 255) return colour;
        }
        return [255, 255, 255, 255];
      };
      return [...document.querySelectorAll('body *')].flatMap((e) => {
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== '') || e.closest('script, option, title')) return [];
        const style = getComputedStyle(e);
        const isHandle = e.matches('.weight text');
        const ink = channels(e instanceof SVGElement ? style.fill : style.color);
        const paper = isHandle ? channels(getComputedStyle(e.previousElementSibling).fill) : ground(e.closest('svg') ?? e);
        const [high, low] = [luminance(ink), luminance(paper)].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        return ratio < 4.5 ? [`${e.tagName} “${e.textContent.trim().slice(0, 20)}” ${ratio.toFixed(2)}`] : [];
      });
    });
    assert.deepEqual(poor, [], colorScheme);
  }
});

test('fits a phone', async () => {
  const page = await open({ viewport: { width: 390, height: 844 } });
  await settled(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

test('writes the derivation anew while a sample is dragged, and greys the words that wait for its end', async () => {
  const page = await open();
  await settled(page);
  const box = await page.locator('#circle .sample.selected').boundingBox();
  const from = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(...from);
  await page.mouse.down();
  const seen = new Set();
  for (let i = 1; i <= 60; i++) {
    await page.mouse.move(from[0] - i, from[1] - 2 * i);
    await page.waitForTimeout(16);
    seen.add(await page.locator('#lines tr').last().locator('td').nth(1).textContent());
  }
  assert.equal(await page.getAttribute('#summary', 'aria-busy'), 'true');
  await page.mouse.up();
  await settled(page);
  assert.equal(await page.getAttribute('#summary', 'aria-busy'), null);
  assert(seen.size >= 5, `${seen.size} losses seen on the way`);
  const last = await page.locator('#lines tr').last().locator('td').nth(1).textContent();
  assert.match(await page.textContent('#summary'), new RegExp(`, loss ${last};`));
});

const legend = (page) => page.evaluate(() => {
  const cells = (row) => [...document.querySelectorAll(`#move-${row} td`)].map((cell) => cell.textContent);
  return { title: document.querySelector('#move-title').textContent, p: cells('p'), loss: cells('loss'), isShown: !document.querySelector('#move').hidden };
});
const isTrail = (page) => page.evaluate(() => ['#trail', '#loss-p-curve'].map((id) => document.querySelector(id).classList.contains('moved')));

test('shows a dragged sample from 1 to 1*, in the legend and in words, until Escape', async () => {
  const page = await open();
  const before = await settled(page);
  const was = ofEngine(page.url());
  assert.deepEqual([(await legend(page)).isShown, ...(await isTrail(page))], [false, false, false]);
  const box = await page.locator('#circle .sample.selected').boundingBox();
  const from = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(...from);
  await page.mouse.down();
  for (let i = 1; i <= 20; i++) await page.mouse.move(from[0] - i, from[1] - 2 * i);
  await page.mouse.up();
  const text = await settled(page);
  const is = ofEngine(page.url());
  const { title, p, loss } = await legend(page);
  const [a, b] = [was, is].map(({ state }) => state.samples[state.selected]);
  assert.equal(title, `1 → 1*: sample 25, ${a.angle}° → ${b.angle}°, length ${a.length} → ${b.length}`);
  const losses = [was, is].map(({ each, state }) => each[state.selected]);
  losses.forEach((exact, i) => assert(near(number(loss[i]), exact) && near(number(p[i]), Math.exp(-exact)), `${p} ${loss}`));
  assert(near(number(loss[2].slice(2)), losses[1] / losses[0]), loss[2]);
  assert(text.endsWith(`p from ${p[0]} to ${p[1]}, loss from ${loss[0]} to ${loss[1]}.`), text);
  // Where it started, a path from there, and the two names.
  const ghost = await page.evaluate(() => ['cx', 'cy'].map((name) => Number(document.querySelector('#trail .ghost').getAttribute(name))));
  const angle = (a.angle * Math.PI) / 180;
  assert(Math.hypot(ghost[0] - a.length * Math.cos(angle), ghost[1] + a.length * Math.sin(angle)) < 1e-3);
  assert.deepEqual(await page.locator('#trail text').allTextContents(), ['1', '1*']);
  assert.match(await page.getAttribute('#trail .path', 'd'), new RegExp(`^M${ghost[0].toFixed(3)} ${ghost[1].toFixed(3)}L`));
  assert.deepEqual(await isTrail(page), [true, true]);
  await page.keyboard.press('Escape');
  assert.doesNotMatch(await settled(page), /1\*/);
  assert.deepEqual([(await legend(page)).isShown, ...(await isTrail(page))], [false, false, false]);
  assert.notEqual(before, await page.textContent('#summary'));
});

test('lays a sample on top of the others when it is taken hold of, and lets the keyboard go on with it', async () => {
  const page = await open({}, `#${toHash({ ...initial, ...scattered(3, 6), selected: 0 })}`);
  await settled(page);
  assert.equal(await page.inputValue('#per-class'), '6');
  const box = await page.locator('[data-sample="4"]').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.up();
  await settled(page);
  const { state } = ofEngine(page.url());
  assert.equal(state.selected, 4);
  assert.equal(await page.locator('#samples > *').last().getAttribute('data-sample'), '4');
  await page.keyboard.press('ArrowRight');
  await settled(page);
  const by = ofEngine(page.url()).state.samples[4].angle - state.samples[4].angle;
  assert(Math.abs(by - 1) < 1e-9, `${by}`);
  assert.match((await legend(page)).title, /^1 → 1\*: sample 5, /);
});

test('shows a weight moved by keys as one move, and ends it with a new selection', async () => {
  const page = await open();
  await settled(page);
  await page.focus('[data-weight="3"]');
  for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp');
  await settled(page);
  assert.match((await legend(page)).title, /weight of class 4, 295° → 325°/);
  assert.deepEqual(await page.locator('#trail text').allTextContents(), ['w4', 'w4*']);
  assert.notEqual(await page.getAttribute('#trail .boundary', 'd'), '');
  await page.fill('#sample', '2');
  await settled(page);
  assert.deepEqual([(await legend(page)).isShown, ...(await isTrail(page))], [false, false, false]);
});

test('shows figure 2: another loss moves the selected sample from 1 to 1*, and a button takes the trail away', async () => {
  const page = await open({}, `#${toHash({ ...initial, loss: 'normface', parameters: { s: 4 } })}`);
  await settled(page);
  await page.selectOption('#loss', 'f-softmax');
  await settled(page);
  const { title, p, loss } = await legend(page);
  assert.equal(title, '1 → 1*: loss normface → f-softmax');
  assert.equal(p[0], p[1], 'a focal loss leaves the probability');
  assert(number(loss[1]) < number(loss[0]));
  await page.click('#move-clear');
  await settled(page);
  assert.equal((await legend(page)).isShown, false);
  assert.equal(await page.evaluate(() => document.activeElement.matches('.sample.selected')), true);
});

test('follows a finger, and scrolls where no handle is', async () => {
  const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await settled(page);
  const cdp = await page.context().newCDPSession(page);
  const swipe = async (x, y, dx, dy) => {
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
    for (let i = 1; i <= 10; i++) await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: x + (dx * i) / 10, y: y + (dy * i) / 10 }] });
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await settled(page);
  };
  const box = await page.locator('[data-weight="1"] .handle').boundingBox();
  await swipe(box.x + box.width / 2 + 12, box.y + box.height / 2, 40, 0);
  assert.notEqual(ofEngine(page.url()).state.weights[1], initial.weights[1]);
  assert.match((await legend(page)).title, /weight of class 2/);
  assert.equal(await page.evaluate(() => scrollY), 0);
  const circle = await page.locator('#circle').boundingBox();
  await swipe(circle.x + 20, circle.y + circle.height - 20, 0, -150);
  assert(await page.evaluate(() => scrollY) > 50);
});

/** A screen of 120 Hz leaves 8.3 ms for a frame; FRAME_MS raises the limit on a slow machine. */
const frameLimit = Number(process.env.FRAME_MS ?? 8);

test('draws a frame within the limit while dragging, with 10 classes and 200 samples', async () => {
  const page = await open({}, `#${toHash({ ...initial, ...scattered(10, 20) })}`);
  await settled(page);
  const windows = [];
  // What else the machine does only adds to a median, so the best of three windows, each of as many frames as the page counts, is judged.
  for (let window = 0; window < 3; window++) {
    const box = await page.locator('[data-weight="3"]').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    for (let i = 0; i < 240; i++) {
      await page.mouse.move(box.x - (i % 150), box.y + (i % 150));
      await page.waitForTimeout(12);
    }
    await page.mouse.up();
    await settled(page);
    windows.push(/^([\d.]+) ms of script a frame, ([\d.]+) ms/.exec(await page.textContent('#frame-time')).slice(1).map(Number));
  }
  const best = Math.min(...windows.map(([median]) => median));
  const list = (i) => windows.map((window) => window[i]).join(', ');
  process.stdout.write(`  ms of script a frame, medians of 3 windows: ${list(0)}; best ${best}, limit ${frameLimit}; 95th percentiles: ${list(1)}\n`);
  assert(best <= frameLimit, `${best} ms a frame, ${frameLimit} are allowed; FRAME_MS raises the limit on a slow machine`);
});

let failed = 0;
for (const { name, body } of tests) {
  try {
    await body();
    process.stdout.write(`✓ ${name}\n`);
  } catch (error) {
    failed++;
    process.stdout.write(`✗ ${name}\n  ${String(error.stack ?? error)}\n`);
  }
}
const shots = process.argv.indexOf('--shots');
if (shots > 0) {
  const folder = process.argv[shots + 1];
  mkdirSync(folder, { recursive: true });
  for (const [name, width] of [['wide', 1200], ['narrow', 390]]) {
    for (const colorScheme of ['light', 'dark']) {
      const page = await open({ viewport: { width, height: 900 }, colorScheme });
      await page.screenshot({ path: `${folder}/playground-${name}-${colorScheme}.png`, fullPage: true });
      await page.focus('[data-weight="3"]');
      for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp');
      await page.fill('#own-h', 't * (c[k]');
      await page.waitForSelector('#verdict[data-verdict=unreadable]');
      await page.screenshot({ path: `${folder}/playground-${name}-${colorScheme}-moved.png`, fullPage: true });
    }
  }
}
if (complaints.length > 0) {
  failed++;
  process.stdout.write(`✗ no complaint in the console\n  ${complaints.join('\n  ')}\n`);
}
await browser.close();
server.close();
process.exitCode = failed > 0 ? 1 : 0;
