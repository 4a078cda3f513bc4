// The same requests to each server: users made over 32 connections, then one member added to a large group, again and again.
// Usage: node driver.mjs NAME BASE TOKEN

import { Agent, request } from 'node:http';

const [name, base, token] = process.argv.slice(2);
const CONNECTIONS = 32;
const SECONDS = 8;
const MEMBERS = 10_000;
const PATCHES = 21;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function send(method, path, body) {
  const text = JSON.stringify(body);
  return new Promise((done, failed) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/scim+json',
      'content-length': Buffer.byteLength(text),
    };
    const asked = request(`${base}${path}`, { agent, method, headers }, (answer) => {
      let got = '';
      answer.setEncoding('utf8').on('data', (data) => (got += data));
      answer.on('end', () => {
        if (answer.statusCode < 300) done(got);
        else failed(new Error(`${answer.statusCode} ${got.slice(0, 300)}`));
      });
    });
    asked.on('error', failed).end(text);
  });
}

let made = 0;
function create() {
  const address = `u${(made += 1)}@acme.example`;
  return send('POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: address,
    externalId: `x${made}`,
    name: { givenName: 'Given', familyName: 'Family' },
    displayName: 'Given Family',
    emails: [{ value: address, type: 'work', primary: true }],
    active: true,
  });
}

async function atOnce(work) {
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
}

const ids = [];
const start = performance.now();
const rate = { count: 0 };
await atOnce(async () => {
  while (performance.now() - start < SECONDS * 1000) {
    ids.push(JSON.parse(await create()).id);
    rate.count += 1;
  }
});
const aSecond = rate.count / ((performance.now() - start) / 1000);
await atOnce(async () => {
  while (ids.length < MEMBERS + PATCHES) ids.push(JSON.parse(await create()).id);
});

const group = JSON.parse(
  await send('POST', '/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Large',
    members: ids.slice(0, MEMBERS).map((value) => ({ value })),
  }),
);
const times = [];
for (const value of ids.slice(MEMBERS, MEMBERS + PATCHES)) {
  const before = performance.now();
  await send('PATCH', `/Groups/${group.id}?excludedAttributes=members`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'add', path: 'members', value: [{ value }] }],
  });
  times.push(performance.now() - before);
}
times.sort((one, other) => one - other);
console.log(`${name}: ${aSecond.toFixed(0)} users a second; a member of ${MEMBERS} in ${times[PATCHES >> 1].toFixed(2)} ms (median)`);
agent.destroy();
