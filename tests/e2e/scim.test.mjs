// The whole main job: an identity provider pushes a person over SCIM, who signs in at a real one, until SCIM ends it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { deliver, signIn, toProvider } from './lib/chain.mjs';
import { settings } from './lib/settings.mjs';

const insecure = { execute: [oidc.allowInsecureRequests] };

async function scim(method, path, body) {
  const answer = await fetch(`${settings.gateway}/api/scim/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${settings.scimToken}`, 'content-type': 'application/scim+json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : undefined };
}

function active(id, value) {
  return scim('PATCH', `/Users/${id}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'replace', value: { active: value } }],
  });
}

/** Up to the gateway's answer to the provider's response. */
async function login(configuration) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: `${settings.app}/callback`,
    scope: 'openid email profile',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  const agent = new Agent();
  const response = await signIn(agent, await toProvider(agent, url.href, 'carol@pushed.example'), 'carol');
  const end = await deliver(agent, response);
  if (!end.stopped) return { refused: end };
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  return { tokens: await oidc.authorizationCodeGrant(configuration, new URL(end.url), checks) };
}

test('what SCIM pushes signs in, and is out when SCIM says so', async () => {
  const configuration = await oidc.discovery(
    new URL(settings.gateway), settings.clientId, settings.clientSecret, undefined, insecure,
  );
  const early = await login(configuration);
  assert.equal(early.refused?.response.status, 403, 'nobody has pushed her yet');

  const made = await scim('POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'carol@pushed.example',
    name: { givenName: 'Carol', familyName: 'Clark' },
    emails: [{ value: 'carol@pushed.example', type: 'work', primary: true }],
    active: true,
  });
  assert.equal(made.status, 201);
  const group = await scim('POST', '/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Engineering',
    members: [{ value: made.body.id }],
  });
  assert.equal(group.status, 201);

  const { tokens } = await login(configuration);
  const claims = tokens.claims();
  assert.equal(claims.sub, made.body.id);
  assert.equal(claims.organization_id, settings.pushedOrganization);
  const seen = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
  assert.equal(seen.email, 'carol@pushed.example');

  assert.equal((await active(made.body.id, false)).status, 200);
  await assert.rejects(oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub), 'the session has ended');
  assert.equal((await login(configuration)).refused?.response.status, 403, 'nor is another one begun');

  assert.equal((await active(made.body.id, true)).status, 200);
  await assert.rejects(oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub), 'ended is ended');
  assert.equal((await login(configuration)).tokens.claims().sub, made.body.id);
});
