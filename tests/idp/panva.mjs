// oidc-provider (npm) for tests: node panva.mjs STATE.json
// STATE.json {"port", "users", "rotation"} is read again where it matters, so a test edits it.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const state = () => JSON.parse(fs.readFileSync(process.argv[2]));
const { port } = state();
const issuer = `http://127.0.0.1:${port}`;
const require = createRequire(process.cwd() + '/');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const key = (type, options, alg) => {
  const jwk = crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...jwk, alg, use: 'sig', kid: crypto.randomUUID() };
};
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'bastion',
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token', DEVICE],
    response_types: ['code'],
    id_token_signed_response_alg: state().algorithm || 'RS256',
  }],
  jwks: { keys: [
    key('rsa', { modulusLength: 2048 }, 'RS256'),
    key('ec', { namedCurve: 'P-256' }, 'ES256'),
    key('ed25519', {}, 'EdDSA'),
  ] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'groups', 'offline_access'],
  conformIdTokenClaims: Boolean(state().only_userinfo),
  async findAccount(_context, id) {
    const user = state().users[id];
    return user && { accountId: id, claims: async () => ({ sub: id, ...user }) };
  },
  features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
  pkce: { required: () => true },
  issueRefreshToken: async (_context, client, code) => code.scopes.has('offline_access'),
  ttl: { AccessToken: 300, IdToken: 300, DeviceCode: 600, Session: 3600, Grant: 3600, Interaction: 600 },
  cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
});
provider.listen(port, '127.0.0.1', () => console.log('listening'));
