// What stands before the gateway where it is really used: something that ends TLS and hands plain HTTP on.

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { settings } from './settings.mjs';

/**
 * Serves the public address of the project behind TLS with the certificate that the runner made. `arrivals` are the
 * requests in their order: what the browser says about where each came from, and the names of the cookies it sent.
 */
export async function startTls() {
  const arrivals = [];
  const options = {
    key: readFileSync(`${settings.tlsFolder}/tls.key`),
    cert: readFileSync(`${settings.tlsFolder}/tls.crt`),
  };
  const server = createServer(options, (incoming, answer) => {
    const { method, url, headers } = incoming;
    const cookies = (headers.cookie ?? '').split('; ').filter(Boolean).map((pair) => pair.split('=')[0]);
    arrivals.push({ method, path: url, from: headers['sec-fetch-site'], cookies });
    const onward = request(new URL(url, settings.gateway), { method, headers }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  const { port } = new URL(settings.tlsGateway);
  await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  return { arrivals, close: () => server.close() };
}
