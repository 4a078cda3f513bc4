// samlp, the library behind a large hosted identity provider, as an identity provider of its own. It asks for no password
// and signs in one account, or the one that the browser's cookie `account` names. Without a request it answers unasked.
//
// Usage: samlp_idp.mjs PORT WORK_FOLDER ACCOUNT. Serves /NAME/metadata and /NAME/sso for each way of answering below, and
// encrypts to the certificate in the gateway's metadata, WORK_FOLDER/sp-PORT-NAME.xml.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express from 'express';
import samlp from 'samlp';

const [port, work, email] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}`;
const cert = readFileSync(`${work}/idp.crt`);
const key = readFileSync(`${work}/idp.key`);

const metadata = (name) => readFileSync(`${work}/sp-${port}-${name}.xml`, 'utf8');

const entityId = (name) => metadata(name).match(/entityID="([^"]*)"/)[1];

const consumer = (name) => metadata(name).match(/AssertionConsumerService[^>]*Location="([^"]*)"/)[1];

/** The certificate that the gateway wants encrypted to. */
function encryptionCertificate(name) {
  const [, descriptor] = metadata(name).match(/<[\w:]*KeyDescriptor use="encryption">([\s\S]*?)<\/[\w:]*KeyDescriptor>/);
  const [, text] = descriptor.match(/X509Certificate>([^<]*)</);
  return new X509Certificate(Buffer.from(text, 'base64'));
}

const encrypted = (algorithm) => (name) => {
  const certificate = encryptionCertificate(name);
  return {
    encryptionCert: certificate.toString(),
    encryptionPublicKey: certificate.publicKey.export({ type: 'spki', format: 'pem' }),
    encryptionAlgorithm: algorithm,
    keyEncryptionAlgorighm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p', // as samlp spells it
    disallowEncryptionWithInsecureAlgorithm: false, // CBC, which the response's signature covers
    signResponse: true,
  };
};
const ways = {
  plain: () => ({}),
  tls: () => ({}),
  'response-signed': () => ({ signResponse: true }),
  'aes256-cbc': encrypted('http://www.w3.org/2001/04/xmlenc#aes256-cbc'),
  'aes256-gcm': encrypted('http://www.w3.org/2009/xmlenc11#aes256-gcm'),
};

/** The account of a browser. */
const account = (request) => request.headers.cookie?.match(/(?:^|; )account=([^;]*)/)?.[1] ?? email;

const app = express();
for (const [name, options] of Object.entries(ways)) {
  const common = { issuer: `${base}/${name}`, cert, key, signatureAlgorithm: 'rsa-sha256', digestAlgorithm: 'sha256' };
  app.get(`/${name}/metadata`, samlp.metadata({
    ...common,
    redirectEndpointPath: `/${name}/sso`,
    postEndpointPath: `/${name}/sso`,
  }));
  app.get(`/${name}/sso`, (request, response, next) => samlp.auth({
    ...common,
    ...options(name),
    audience: entityId(name),
    destination: consumer(name),
    recipient: consumer(name),
    getPostURL: (_audience, _document, _request, done) => done(null, consumer(name)),
    getUserFromRequest: (request) => ({
      id: `samlp-${name}-${account(request)}`,
      emails: [{ value: account(request) }],
      displayName: `Sam ${account(request)}`,
      name: { givenName: 'Sam', familyName: 'Lp' },
    }),
  })(request, response, next));
}
app.listen(Number(port), '127.0.0.1');
