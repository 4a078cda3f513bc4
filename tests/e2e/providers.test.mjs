// What identity providers send beside the plain case, and other providers than SimpleSAMLphp in every way that they answer:
// connected by metadata alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent, form } from './lib/agent.mjs';
import { deliver, responseFrom } from './lib/chain.mjs';
import { settings } from './lib/settings.mjs';

test('SimpleSAMLphp encrypts with AES-128-CBC inside of a signed response', async () => {
  const { agent, response } = await responseFrom(settings.encryptedConnection, 'alice');
  assert.match(Buffer.from(response.fields.SAMLResponse, 'base64').toString(), /EncryptedAssertion/);
  const page = await deliver(agent, response);
  assert.equal(page.response.status, 200, page.text);
  assert.match(page.text, /signed in/i);
});

for (const [name, connection] of Object.entries(settings.otherConnections)) {
  test(`${name} signs somebody in`, async () => {
    const agent = new Agent();
    const answer = await agent.go(`${settings.gateway}/api/saml/v1/${connection}/init`);
    assert.equal(answer.response.status, 200, answer.text);
    const page = await deliver(agent, form(answer));
    assert.equal(page.response.status, 200, page.text);
    assert.match(page.text, /signed in/i);
  });
}
