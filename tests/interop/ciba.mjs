// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
//
// A provider of simple authentication: the certified OpenID provider of npm (oidc-provider), over HTTPS on a free port of 127.0.0.1, which it
// prints. node ciba.mjs CERTIFICATE.pem KEY.pem CLIENT-JWKS.json userinfo|id_token: where it tells who somebody is. Lives until its standard input ends; each line there is answered by one:
//   approve [WHO] | deny   what the person, or another one, does on the phone with the last request
//   seen               what that request said, as JSON
//   life N             seconds that further requests live
//   slow on | off      whether polls within five seconds are told to slow down
//   stall on | off     whether nothing is answered
//   down | up          away for a while, and back on the same port with all that it knew
import fs from 'node:fs';
import https from 'node:https';
import readline from 'node:readline';
import crypto from 'node:crypto';

const warn = process.stderr.write.bind(process.stderr);
console.info = console.warn = (...words) => warn(`${words.join(' ')}\n`);
const { default: Provider, errors } = await import('oidc-provider');
const [cert, key, keys] = process.argv.slice(2, 5).map((file) => fs.readFileSync(file, 'utf8'));

const people = {
  hong: { name: '홍시험', birthdate: '1990-01-01', phone_number: '+82 10-0000-1234' },
  ga: { name: '가시험', birthdate: '1991-01-01', phone_number: '+82 10-0000-5678' },
  stranger: { name: '다른이', birthdate: '1990-01-01', phone_number: '+82 10-0000-1234' },
};
let life = 120, slow = false, stalled = false, last, login;
const polled = new Map();

const server = https.createServer({ cert, key });
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `https://127.0.0.1:${server.address().port}`;

const make = (type, options, alg) => ({ ...crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg });
const client = (id, method, alg, more = {}) => ({
  client_id: id, client_secret: 's e:c%r+t', token_endpoint_auth_method: method, id_token_signed_response_alg: alg, redirect_uris: [], response_types: [],
  grant_types: ['urn:openid:params:grant-type:ciba'], backchannel_token_delivery_mode: 'poll', ...more,
});
const provider = new Provider(issuer, {
  jwks: { keys: [make('rsa', { modulusLength: 2048 }, 'RS256'), make('rsa', { modulusLength: 2048 }, 'PS256'),
    make('ec', { namedCurve: 'P-256' }, 'ES256'), make('ed25519', {}, 'EdDSA')] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'], clientAuthSigningAlgValues: ['ES256'] },
  clients: [client('basic', 'client_secret_basic', 'RS256'), client('post', 'client_secret_post', 'PS256'), client('es', 'client_secret_post', 'ES256'),
    client('ed', 'client_secret_post', 'EdDSA'),
    client('jwt', 'private_key_jwt', 'ES256', { client_secret: undefined, token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: JSON.parse(keys) } })],
  claims: { openid: ['sub'], profile: ['name', 'birthdate'], phone: ['phone_number'] },
  conformIdTokenClaims: process.argv[5] === 'userinfo',
  findAccount: async (ctx, id) => people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
  ttl: { BackchannelAuthenticationRequest: () => life, Grant: 600, AccessToken: 600, IdToken: 600 },
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    ciba: {
      enabled: true,
      deliveryModes: ['poll'],
      async processLoginHint(ctx, hint) {
        login = JSON.parse(hint);
        return Object.keys(people).find((id) => id !== 'stranger' && people[id].name === login.name.replace(/ /g, '') && people[id].birthdate === login.birthdate &&
          people[id].phone_number.replace(/[ -]/g, '') === login.phone_number);
      },
      async verifyUserCode() {},
      async validateRequestContext() {},
      async validateBindingMessage(ctx, message) {
        if (message && message.length > 20) throw new errors.InvalidBindingMessage('too long');
      },
      async triggerAuthenticationDevice(ctx, request) { last = request; },
    },
  },
});
provider.use(async (ctx, next) => {
  while (stalled) await new Promise((done) => setTimeout(done, 100));
  await next();
  const id = ctx.oidc?.params?.auth_req_id;
  if (!id) return;
  const now = Date.now(), before = polled.get(id);
  polled.set(id, now);
  if (slow && before && now - before < 5000 && ctx.body.error === 'authorization_pending') ctx.body = { error: 'slow_down' };
});
server.on('request', provider.callback());
process.stdout.write(`${server.address().port}\n`);

const commands = {
  async approve(who = last.accountId) {
    last.accountId = who;
    const grant = new provider.Grant({ accountId: last.accountId, clientId: last.clientId });
    grant.addOIDCScope(last.scope);
    await provider.backchannelResult(last, await grant.save());
  },
  deny: () => provider.backchannelResult(last, new errors.AccessDenied('the person said no')),
  seen: () => JSON.stringify({ ...last.params, login_hint: login }),
  life: (n) => { life = Number(n); },
  slow: (word) => { slow = word === 'on'; },
  stall: (word) => { stalled = word === 'on'; },
  down: () => new Promise((done) => { server.close(() => done()); server.closeAllConnections(); }),
  up: () => new Promise((done) => server.listen(new URL(issuer).port, '127.0.0.1', done)),
};
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [word, ...rest] = line.split(' ');
  process.stdout.write(`${await commands[word](...rest) ?? 'ok'}\n`);
}
process.exit(0);
