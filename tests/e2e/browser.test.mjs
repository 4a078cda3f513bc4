// The login as a person sees it, in Chromium: the gateway on localhost, the provider on 127.0.0.1, so that the
// provider's answer is a cross-site POST, and the app on a third address.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { launch } from './lib/chromium.mjs';
import { settings } from './lib/settings.mjs';

let browser;
let app;
let configuration;

/** A host app in a few lines: one page that begins, one that ends. */
async function startApp() {
  const pending = new Map();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, settings.app);
    if (url.pathname === '/') {
      const verifier = oidc.randomPKCECodeVerifier();
      const state = oidc.randomState();
      pending.set(state, verifier);
      const to = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: `${settings.app}/callback`,
        scope: 'openid email profile',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      });
      response.end(`<a href="${to.href.replaceAll('&', '&amp;')}">Sign in</a>`);
    } else if (url.pathname === '/callback') {
      const expectedState = url.searchParams.get('state');
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, url, {
          expectedState, pkceCodeVerifier: pending.get(expectedState),
        });
        response.end(`<h1>Hello</h1><pre>${JSON.stringify(tokens.claims())}</pre>`);
      } catch (error) {
        response.statusCode = 500;
        response.end(String(error));
      }
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(18090, '127.0.0.1', resolve));
  return server;
}

before(async () => {
  configuration = await oidc.discovery(
    new URL(settings.gateway), settings.clientId, settings.clientSecret, undefined,
    { execute: [oidc.allowInsecureRequests] },
  );
  app = await startApp();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  app?.close();
});

async function signIn(page, username, email) {
  await page.goto(settings.app);
  await page.getByText('Sign in').click();
  await page.getByLabel('Work email').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.locator('input[name=username]').fill(username);
  await page.locator('input[name=password]').fill('test-password');
  await page.locator('#submit_button, button[type=submit]').first().click();
}

test('a person signs in and lands in the app', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await signIn(page, 'alice', 'alice@acme.example');
  await page.getByText('Hello').waitFor();
  const claims = JSON.parse(await page.locator('pre').textContent());
  assert.equal(claims.email, 'alice@acme.example');
  assert.equal(claims.organization_id, settings.organization);
  assert.deepEqual(faults.filter((text) => text.includes('Content Security Policy')), []);
  const cookies = await context.cookies(settings.gateway);
  for (const cookie of cookies) {
    assert.match(cookie.name, /^__Host-/);
    assert.ok(cookie.secure && cookie.httpOnly, cookie.name);
  }
  await context.close();
});

test('someone whom the provider knows and the organization does not gets a page with a reference', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, 'stranger', 'somebody@acme.example');
  await page.getByText('Reference', { exact: true }).waitFor();
  assert.match(await page.locator('code').textContent(), /^req_/);
  assert.ok(!(await page.content()).includes('stranger@'));
  await context.close();
});

test('the pages look finished: light, dark and on a phone', async () => {
  for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    phone: { colorScheme: 'light', viewport: { width: 390, height: 780 } },
  })) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(settings.app);
    await page.getByText('Sign in').click();
    await page.getByLabel('Work email').waitFor();
    await page.screenshot({ path: `${settings.screenshots}/login-${name}.png` });
    await page.getByLabel('Work email').fill('nobody@unknown.example');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Reference', { exact: true }).waitFor();
    await page.screenshot({ path: `${settings.screenshots}/error-${name}.png` });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.ok(!wide, `${name}: the page is wider than the window`);
    await context.close();
  }
});
