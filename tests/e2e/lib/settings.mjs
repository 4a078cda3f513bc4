// What the runner set up.

function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the tests with tests/e2e/run`);
  return value;
}

export const settings = {
  gateway: given('GATEWAY_URL'),
  idp: given('IDP_URL'),
  app: given('APP_URL'),
  binary: given('GATEWAY_BINARY'),
  project: given('PROJECT'),
  organization: given('ORGANIZATION'),
  clientId: given('CLIENT_ID'),
  clientSecret: given('CLIENT_SECRET'),
  publicClientId: given('PUBLIC_CLIENT_ID'),
  connection: given('CONNECTION'),
  expiredConnection: given('EXPIRED_CONNECTION'),
  encryptedConnection: given('ENCRYPTED_CONNECTION'),
  otherConnections: JSON.parse(given('OTHER_CONNECTIONS')),
  tlsGateway: given('TLS_GATEWAY_URL'),
  tlsConnection: given('TLS_CONNECTION'),
  tlsFolder: given('TLS_FOLDER'),
  otherIdp: given('OTHER_IDP_URL'),
  backendKey: given('BACKEND_KEY'),
  demoApp: given('DEMO_APP'),
  pushedOrganization: given('PUSHED_ORGANIZATION'),
  scimToken: given('SCIM_TOKEN'),
  log: given('GATEWAY_LOG'),
  screenshots: given('SCREENSHOTS'),
};
