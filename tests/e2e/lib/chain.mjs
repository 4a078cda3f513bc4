// The steps of a login, taken with a plain HTTP client.

import { readFileSync } from 'node:fs';
import { Agent, form } from './agent.mjs';
import { settings } from './settings.mjs';

/** From the authorization URL over the gateway's page to the provider's login form. */
export async function toProvider(agent, authorizationUrl, email) {
  const login = await agent.go(authorizationUrl);
  const identify = form(login, { email });
  return agent.go(identify.url, { method: 'POST', form: identify.fields });
}

/** Signs in at the provider and returns the form with the response that its page would post. */
export async function signIn(agent, page, username) {
  const login = form(page, { username, password: 'test-password' });
  const answer = await agent.go(login.url, { method: 'POST', form: login.fields });
  return form(answer);
}

/** Posts a response to the gateway; where it leads is returned without going there when it is the app's. */
export function deliver(agent, response, fields = response.fields) {
  return agent.go(response.url, { method: 'POST', form: fields }, (url) => url.startsWith(settings.app));
}

/** A login from the connection's own start, without an app, up to the response. */
export async function responseFrom(connection, username) {
  const agent = new Agent();
  const page = await agent.go(`${settings.gateway}/api/saml/v1/${connection}/init`);
  return { agent, response: await signIn(agent, page, username) };
}

/** The log lines that name a reference id. */
export function logLines(reference) {
  return readFileSync(settings.log, 'utf8').split('\n').filter((line) => line.includes(reference));
}
