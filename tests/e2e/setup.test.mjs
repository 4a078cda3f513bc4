// The set-up wizard as a customer's administrator sees it, in Chromium: with scripts and without, at a desk and on a
// phone, light and dark, from the link to the page that shows what was understood.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch } from './lib/chromium.mjs';
import { settings } from './lib/settings.mjs';

const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };

let browser;
let metadata;

before(async () => {
  browser = await launch();
  metadata = Buffer.from(await (await fetch(`${settings.idp}/saml2/idp/metadata.php`)).arrayBuffer());
});

after(() => browser?.close());

/** A link to a new draft, as the operator makes it. */
function link() {
  const command = ['setup-link', 'create', settings.organization, '--saml', '--project', settings.project];
  const made = execFileSync(settings.binary, command, { encoding: 'utf8' });
  return made.split('\n').find((line) => line.startsWith('address')).split(' ').at(-1);
}

/** Nothing is wider than the window, and what is to be read or pressed is there. */
async function looksFinished(page, name, step) {
  await page.screenshot({ path: `${settings.screenshots}/setup-${name}-${step}.png`, fullPage: true });
  const root = page.locator('html');
  const [wide, window] = await root.evaluate((html) => [html.scrollWidth, html.clientWidth]);
  assert.ok(wide <= window, `${name}, ${step}: ${wide} px in a window of ${window} px`);
  assert.equal(await page.locator('h1').count(), 1, `${name}, ${step}: one heading`);
}

async function walk(name, options) {
  const context = await browser.newContext({ ...options, acceptDownloads: true });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));

  await page.goto(link());
  await page.getByRole('heading', { name: 'Which identity provider' }).waitFor();
  assert.match(page.url(), /\/setup\/setup_link_[a-z0-9]+\/provider$/, 'the address holds no secret');
  await looksFinished(page, name, '1-provider');
  await page.getByRole('button', { name: 'Keycloak' }).click();

  await page.getByRole('heading', { name: 'Set up the application in Keycloak' }).waitFor();
  await looksFinished(page, name, '2-values');
  const copied = await page.getByRole('button', { name: 'Copy' }).count();
  assert.equal(copied > 0, options.javaScriptEnabled, `${name}: copy buttons, and none that does nothing`);
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'download our metadata' }).click();
  assert.match((await downloading).suggestedFilename(), /\.xml$/);
  await page.getByRole('link', { name: 'I have entered these' }).click();

  await page.getByRole('heading', { name: 'Hand over the metadata' }).waitFor();
  await looksFinished(page, name, '3-metadata');
  await page.getByLabel('Metadata file').setInputFiles({
    name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<!doctype html><title>Sign in</title>'),
  });
  await page.getByRole('button', { name: 'Read the metadata' }).click();
  await page.getByRole('alert').filter({ hasText: 'This is a web page' }).waitFor();
  await looksFinished(page, name, '4-wrong-file');
  await page.getByLabel('Metadata file').setInputFiles({
    name: 'metadata.xml', mimeType: 'application/xml', buffer: metadata,
  });
  await page.getByRole('button', { name: 'Read the metadata' }).click();

  await page.getByRole('heading', { name: 'This is what we understood' }).waitFor();
  await page.getByText(`${settings.idp}/saml2/idp/metadata.php`).first().waitFor();
  await looksFinished(page, name, '5-review');
  await page.getByRole('link', { name: 'This is right' }).click();
  await page.getByRole('button', { name: /test/i }).waitFor();
  await looksFinished(page, name, '6-test');
  // What Chromium says of the form that was refused is no fault of the page.
  assert.deepEqual(faults.filter((text) => !text.includes('status of 400')), [], name);
  await context.close();
}

for (const javaScriptEnabled of [true, false]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      const name = [javaScriptEnabled ? 'scripts' : 'plain', size, colorScheme].join('-');
      test(`the wizard leads to what was understood: ${name}`, () => (
        walk(name, { javaScriptEnabled, viewport, colorScheme })
      ));
    }
  }
}
