// The set-up wizard as a customer's administrator sees it, in Chromium: with scripts and without, at a desk and on a
// phone, light and dark, from the link to the page that shows what was understood. Then a real test sign-in and back, and
// the pages of provisioning.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
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

/** A link to new drafts, as the operator makes it. */
function link(...kinds) {
  const command = ['setup-link', 'create', settings.organization, ...kinds, '--project', settings.project];
  const made = execFileSync(settings.binary, command, { encoding: 'utf8' }).split('\n');
  const value = (name) => made.find((line) => line.startsWith(name)).split(' ').at(-1);
  return { address: value('address'), connection: value('connection') };
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

  await page.goto(link('--saml').address);
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

/** Tells the provider of a draft, as an administrator would. */
async function introduce(connection) {
  const input = await (await fetch(`${settings.gateway}/api/saml/v1/${connection}/metadata`)).text();
  const php = execFileSync('php', ['-d', 'display_errors=0', 'idp/import-sp.php'], { input, encoding: 'utf8' });
  appendFileSync(`${process.env.IDP_WORK}/metadata/saml20-sp-remote.php`, php.replace(/^<\?php\n/, ''));
}

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`a test sign-in comes back to its report, and provisioning is shown: ${size}`, async () => {
    const context = await browser.newContext({ viewport, colorScheme: size === 'phone' ? 'dark' : 'light' });
    const page = await context.newPage();
    const { address, connection } = link('--saml', '--scim');
    await introduce(connection);
    await page.goto(address);
    await page.getByRole('button', { name: 'Another provider' }).click();
    await page.getByRole('link', { name: 'I have entered these' }).click();
    await page.getByLabel('Metadata file').setInputFiles({
      name: 'metadata.xml', mimeType: 'application/xml', buffer: metadata,
    });
    await page.getByRole('button', { name: 'Read the metadata' }).click();
    await page.getByRole('link', { name: 'This is right' }).click();
    await page.getByRole('button', { name: 'Test sign-in' }).click();
    await page.locator('input[name=username]').fill('alice');
    await page.locator('input[name=password]').fill('test-password');
    await page.locator('input[name=password]').press('Enter');
    // The provider posts across sites; the page it leads to is ours again, with the session of the link.
    await page.waitForURL(/\/setup\/setup_link_[a-z0-9]+\/test$/);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await looksFinished(page, size, '7-tested');
    await page.getByText('Where this stands').waitFor();
    await page.getByText('All checks, in their order').click();
    await looksFinished(page, size, '8-all-checks');

    await page.getByRole('link', { name: 'Connect' }).click();
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.getByText('Copy the token now').waitFor();
    await looksFinished(page, size, '9-token');
    await page.reload();
    await page.getByText('The token was made already').waitFor();
    await page.getByRole('link', { name: 'I have entered these' }).click();
    await page.getByRole('button', { name: 'Check connection' }).click();
    await page.getByRole('heading', { name: 'Our side works' }).waitFor();
    await looksFinished(page, size, '10-checked');
    for (const step of ['Requests', 'Preview']) {
      await page.getByRole('navigation').getByRole('link', { name: step }).click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await looksFinished(page, size, `11-${step.toLowerCase()}`);
    }
    await context.close();
  });
}
