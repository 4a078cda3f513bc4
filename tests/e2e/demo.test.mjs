// `vestibule demo` and the demo app, as the README's tour walks through them: in a browser, with the commands that it prints.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launch } from './lib/chromium.mjs';
import { settings } from './lib/settings.mjs';

const [gateway, idp, app] = [18180, 18182, 18130];
const started = [];
const folder = mkdtempSync(join(tmpdir(), 'vestibule-demo-'));

after(() => {
  for (const child of started) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

function start(program, parameters, environment) {
  // What configures the gateway of the other tests is none of this one's.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VESTIBULE_'));
  const child = spawn(program, parameters, { cwd: folder, env: { ...Object.fromEntries(inherited), ...environment } });
  started.push(child);
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said.text += data));
  return said;
}

async function answers(url, said) {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
    if (answer) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`nothing answers at ${url}: ${said.text}`);
}

/** The commands that were printed, each on one line, in order. */
function commands(text) {
  return text.replaceAll(/\\\n\s*/g, ' ').split('\n').map((line) => line.trim()).filter((line) => line.startsWith('curl '));
}

function run(command) {
  const status = `${command} -o /dev/null -w '%{http_code}'`;
  return execFileSync('/bin/sh', ['-c', status], { encoding: 'utf8' });
}

test('the tour of the README', async () => {
  const guide = start(settings.binary, ['demo', '--idp-port', `${idp}`, '--app-port', `${app}`], {
    VESTIBULE_LISTEN: `127.0.0.1:${gateway}`,
    VESTIBULE_PRIVATE_LISTEN: '127.0.0.1:18181',
  });
  await answers(`http://localhost:${gateway}/`, guide);
  const environment = Object.fromEntries(
    readFileSync(join(folder, 'data', 'demo-app.env'), 'utf8').split('\n').filter(Boolean)
      .map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1).replaceAll(/^['"]|['"]$/g, '')]),
  );
  const appSaid = start(settings.demoApp, [], environment);
  await answers(`http://localhost:${app}/`, appSaid);

  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${app}/`);
    await page.getByText('Sign in').first().click();
    await page.locator('input[type=email]').fill('user@acme.example');
    await page.keyboard.press('Enter');
    await page.waitForURL(`http://127.0.0.1:${idp}/**`);
    await page.locator('button:visible').first().click();
    await page.waitForURL(`http://localhost:${app}/**`);
    const shown = await page.innerText('body');
    for (const text of ['organization_id', 'user@acme.example', 'Acme']) assert.ok(shown.includes(text), shown);

    const [provision, deactivate, events] = commands(guide.text);
    assert.equal(run(provision), '201');
    assert.equal((await page.reload()).status(), 200, 'somebody else was provisioned');
    assert.equal(run(deactivate), '200');
    const reloaded = await page.reload();
    assert.equal(reloaded.status(), 401);
    assert.ok((await page.innerText('body')).includes('Your session has ended'));
    assert.equal(run(events), '200');
  } finally {
    await browser.close();
  }
});
