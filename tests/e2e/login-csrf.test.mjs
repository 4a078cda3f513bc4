// Whose login is it? An attacker who holds a response that the provider signed for the attacker's own account lets
// another browser post it, so that its person works in the attacker's account (R7, R8). In Chromium, over TLS, on three
// sites: the gateway at login.localhost, the provider at 127.0.0.1, the attacker's page at localhost.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { logLines } from './lib/chain.mjs';
import { launch } from './lib/chromium.mjs';
import { settings } from './lib/settings.mjs';
import { startTls } from './lib/tls.mjs';

const VICTIM = 'alice@acme.example';
const ATTACKER = 'mallory@acme.example';
const FLOW = '__Host-vestibule_flow';
const SESSION = '__Host-vestibule_session';
const endpoint = `/api/saml/v1/${settings.tlsConnection}`;
const init = `${settings.tlsGateway}${endpoint}/init`;
const acs = `${settings.tlsGateway}${endpoint}/acs`;

let tls;
let elsewhere;
let browser;

before(async () => {
  tls = await startTls();
  elsewhere = await startElsewhere();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  elsewhere?.close();
  tls?.close();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

/** A page on another site that posts a response to the gateway as soon as it is looked at. */
async function startElsewhere() {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url, 'http://localhost');
    response.setHeader('content-type', 'text/html');
    response.end(`<body onload="document.forms[0].submit()"><form method="post" action="${acs}">
      <input type="hidden" name="SAMLResponse" value="${searchParams.get('response')}"></form>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** A browser of its own, with an account at the provider. The certificate is nobody's. */
async function browserOf(account) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  await context.addCookies([{ name: 'account', value: account, url: settings.otherIdp, sameSite: 'Lax' }]);
  return context.newPage();
}

/** The response that the provider signs, caught on its way to the gateway. */
async function caught(page, start) {
  let take;
  const response = new Promise((resolve) => { take = resolve; });
  await page.route(acs, async (route) => {
    take(new URLSearchParams(route.request().postData()).get('SAMLResponse'));
    await route.abort();
  });
  await page.goto(start);
  const text = await response;
  await page.unroute(acs);
  return text;
}

/** Looks at the page elsewhere, and waits for what the gateway says to what it posts. */
async function lured(page, response) {
  const { port } = elsewhere.address();
  const answer = page.waitForResponse(acs);
  await page.goto(`http://localhost:${port}/?response=${encodeURIComponent(response)}`);
  return answer;
}

const cookie = async (page, name) =>
  (await page.context().cookies(settings.tlsGateway)).find((cookie) => cookie.name === name);

/** What was posted to the ACS after the first so many requests, always from another site: the cookies of each. */
function posted(since) {
  const posts = tls.arrivals.slice(since).filter(({ path }) => path === `${endpoint}/acs`);
  assert.ok(posts.every(({ method, from }) => method === 'POST' && from === 'cross-site'));
  return posts.map(({ cookies }) => cookies);
}

async function assertSignedIn(page, account) {
  await page.getByText('You are signed in', { exact: true }).waitFor();
  const text = await page.textContent('main');
  assert.ok(text.includes(account), text);
}

/** A plain page with a reference and nothing else; the log has the one reason under the same reference. */
async function assertRefused(page, answer, reason, screenshot) {
  assert.equal(answer.status(), 403);
  await page.getByText('Reference', { exact: true }).waitFor();
  await page.screenshot({ path: `${settings.screenshots}/login-csrf-${screenshot}.png` });
  const reference = await page.locator('code').textContent();
  assert.match(reference, /^req_[0-9a-z]+$/);
  const text = await page.content();
  assert.ok(!text.includes(reason), 'the reason is not for the browser');
  assert.ok(!text.includes('@'), 'no address is shown');
  const reasons = logLines(reference).map((line) => JSON.parse(line).reason).filter(Boolean);
  assert.deepEqual(reasons, [reason]);
}

test('r07: over TLS and across sites a login comes back to the browser that began it', async () => {
  const page = await browserOf(VICTIM);
  const since = tls.arrivals.length;
  await page.goto(init);
  await assertSignedIn(page, VICTIM);
  assert.deepEqual(posted(since), [[FLOW]]);
  const { secure, httpOnly, sameSite, path, domain } = await cookie(page, FLOW);
  assert.deepEqual(
    { secure, httpOnly, sameSite, path, domain },
    { secure: true, httpOnly: true, sameSite: 'None', path: '/', domain: 'login.localhost' },
  );
});

test("r07: an attacker's response is refused in a browser that began no login", async () => {
  const response = await caught(await browserOf(ATTACKER), init);
  const victim = await browserOf(VICTIM);
  const since = tls.arrivals.length;
  const answer = await lured(victim, response);
  await assertRefused(victim, answer, 'flow_cookie_missing', 'no-login');
  assert.deepEqual(posted(since), [[]]);
  assert.deepEqual(await victim.context().cookies(settings.tlsGateway), []);
});

test("r07: an attacker's response is refused in a browser that has a login of its own in progress", async () => {
  const response = await caught(await browserOf(ATTACKER), init);
  const victim = await browserOf(VICTIM);
  const own = await caught(victim, init);
  const since = tls.arrivals.length;
  const answer = await lured(victim, response);
  await assertRefused(victim, answer, 'request_unknown', 'own-login');
  assert.deepEqual(posted(since), [[FLOW]]);
  assert.equal(await cookie(victim, SESSION), undefined);
  // The login of its own is none the worse for it.
  await lured(victim, own);
  await assertSignedIn(victim, VICTIM);
});

test('r07: in the browser that began the login a response is good once', async () => {
  const page = await browserOf(ATTACKER);
  const response = await caught(page, init);
  await lured(page, response);
  await assertSignedIn(page, ATTACKER);
  const session = await cookie(page, SESSION);
  const answer = await lured(page, response);
  await assertRefused(page, answer, 'request_unknown', 'second-use');
  assert.deepEqual(await cookie(page, SESSION), session);
});

test('r08: a response that nobody asked for starts one login here, and no second one within ten minutes', async () => {
  const response = await caught(await browserOf(ATTACKER), `${settings.otherIdp}/tls/sso`);
  assert.ok(!Buffer.from(response, 'base64').toString().includes('InResponseTo'));
  const victim = await browserOf(VICTIM);
  const since = tls.arrivals.length;
  await lured(victim, response);
  // What it leads to is a login as whoever the browser is at the provider.
  await assertSignedIn(victim, VICTIM);
  assert.deepEqual(posted(since), [[], [FLOW]]);
  const session = await cookie(victim, SESSION);
  const answer = await lured(victim, response);
  await assertRefused(victim, answer, 'unsolicited_response', 'unasked');
  assert.deepEqual(await cookie(victim, SESSION), session);
  const begun = tls.arrivals.slice(since).filter(({ path }) => path === `${endpoint}/init`);
  assert.equal(begun.length, 1);
});
