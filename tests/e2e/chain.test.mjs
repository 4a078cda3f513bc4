// The whole chain with a plain HTTP client and openid-client as the host app, and the reverse: what must be refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { deliver, logLines, responseFrom, signIn, toProvider } from './lib/chain.mjs';
import { settings } from './lib/settings.mjs';

const insecure = { execute: [oidc.allowInsecureRequests] };

async function client() {
  return oidc.discovery(new URL(settings.gateway), settings.clientId, settings.clientSecret, undefined, insecure);
}

async function begin(configuration, more = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: `${settings.app}/callback`,
    scope: 'openid email profile',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  });
  return { url, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } };
}

async function login(configuration, username, email, more) {
  const agent = new Agent();
  const { url, checks } = await begin(configuration, more);
  const page = await toProvider(agent, url.href, email);
  const response = await signIn(agent, page, username);
  const { url: callback, stopped } = await deliver(agent, response);
  assert.ok(stopped, 'the login did not lead back to the app');
  const tokens = await oidc.authorizationCodeGrant(configuration, new URL(callback), checks);
  return { agent, tokens, callback, response };
}

test('SimpleSAMLphp to openid-client: a login becomes verified tokens', async () => {
  const configuration = await client();
  const { tokens } = await login(configuration, 'alice', 'alice@acme.example');
  const claims = tokens.claims();
  assert.equal(claims.iss, settings.gateway);
  assert.equal(claims.aud, settings.clientId);
  assert.equal(claims.email, 'alice@acme.example');
  assert.equal(claims.organization_id, settings.organization);
  const user = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
  assert.equal(user.email, 'alice@acme.example');
  assert.equal(user.organization_id, settings.organization);
});

test('the same person is the same user the next time', async () => {
  const configuration = await client();
  const first = await login(configuration, 'alice', 'alice@acme.example');
  const second = await login(configuration, 'alice', 'ALICE@Acme.Example');
  assert.equal(first.tokens.claims().sub, second.tokens.claims().sub);
  assert.notEqual(first.tokens.claims().sid, second.tokens.claims().sid);
});

test('a public client with ES256 ID tokens', async () => {
  const configuration = await oidc.discovery(
    new URL(settings.gateway), settings.publicClientId,
    { id_token_signed_response_alg: 'ES256' }, oidc.None(), insecure,
  );
  const { tokens } = await login(configuration, 'bob', 'bob@acme.example');
  assert.equal(tokens.claims().email, 'bob@acme.example');
});

test('a code is good for one exchange, and a second use ends the session', async () => {
  const configuration = await client();
  const agent = new Agent();
  const { url, checks } = await begin(configuration);
  const response = await signIn(agent, await toProvider(agent, url.href, 'alice@acme.example'), 'alice');
  const { url: callback } = await deliver(agent, response);
  const tokens = await oidc.authorizationCodeGrant(configuration, new URL(callback), checks);
  await assert.rejects(
    oidc.authorizationCodeGrant(configuration, new URL(callback), checks),
    (error) => error.error === 'invalid_grant',
  );
  await assert.rejects(
    oidc.fetchUserInfo(configuration, tokens.access_token, tokens.claims().sub),
    (error) => error.cause.some((challenge) => challenge.parameters.error === 'invalid_token'),
  );
});

/** A plain page with a reference id and nothing else; the log has the reason under the same reference. */
async function assertRefused(page, code) {
  assert.equal(page.response.status, 403, page.text);
  const reference = page.text.match(/req_[0-9a-z]+/)?.[0];
  assert.ok(reference, page.text);
  assert.ok(!page.text.includes(code), 'the reason is not for the browser');
  assert.ok(!page.text.includes('@'), 'no address is shown');
  const lines = logLines(reference);
  assert.ok(lines.some((line) => line.includes(code)), `${code} is not in the log: ${lines.join('\n')}`);
}

test('a response edited after signing is refused', async () => {
  const { agent, response } = await responseFrom(settings.connection, 'bob');
  const xml = Buffer.from(response.fields.SAMLResponse, 'base64').toString();
  const edited = xml.replaceAll('bob@acme.example', 'alice@acme.example');
  assert.notEqual(edited, xml);
  const SAMLResponse = Buffer.from(edited).toString('base64');
  await assertRefused(await deliver(agent, response, { ...response.fields, SAMLResponse }), 'signature_digest');
});

test('an expired response is refused', async () => {
  const { agent, response } = await responseFrom(settings.expiredConnection, 'alice');
  await assertRefused(await deliver(agent, response), 'expired');
});

test('a replayed response is refused', async () => {
  const { agent, response } = await responseFrom(settings.connection, 'alice');
  const first = await deliver(agent, response);
  assert.equal(first.response.status, 200, first.text);
  const second = await deliver(agent, response);
  assert.notEqual(second.response?.status, 200);
  const reference = second.text.match(/req_[0-9a-z]+/)?.[0];
  assert.ok(logLines(reference).length > 0);
});

test('a response in another browser is refused', async () => {
  const { response } = await responseFrom(settings.connection, 'alice');
  const page = await deliver(new Agent(), response);
  assert.notEqual(page.response.status, 200, 'another browser got a session');
});
