// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
//
// OpenID4VP by the library @openid4vc/openid4vp, as verifier and as wallet. Run in a directory with its node_modules.
//   openid4vp.mjs make FOLDER   with FOLDER/rp.key.pem, rp.pem (for rp.example) and root.pem: requests that are to be answered, FOLDER/good.N, and
//                               that are to be refused, FOLDER/bad.N, by it where it makes such; FOLDER/requests.json: [{file, name, field that is wrong, theirs}],
//                               theirs: what the library's wallet does, "taken" or why not
//   openid4vp.mjs read FOLDER   FOLDER/good.N.answer for each: the library's verifier takes them
// Prints a line of JSON; exit 0 when all was as it should be.
import crypto from 'node:crypto'
import fs from 'node:fs'
import { createOpenid4vpAuthorizationRequest, parseOpenid4vpAuthorizationResponse, resolveOpenid4vpAuthorizationRequest } from '@openid4vc/openid4vp'

const [verb, folder] = process.argv.slice(2)
const read = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8')
const write = (name, data) => fs.writeFileSync(`${folder}/${name}`, data)
const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const certificate = (name) => new crypto.X509Certificate(read(name))
const derOf = (name) => Buffer.from(certificate(name).raw).toString('base64')
const now = Math.floor(Date.now() / 1000)
const WALLET = 'https://self-issued.me/v2'

const sign = (text, key) => crypto.sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
const signed = (header, payload, key) => { const text = `${coded(header)}.${coded(payload)}`; return `${text}.${key ? sign(text, key) : ''}` }

const query = { credentials: [{ id: 'j', format: 'dc+sd-jwt', meta: { vct_values: ['urn:sinbun:resident:1'] }, claims: [{ path: ['name'] }] },
  { id: 'm', format: 'mso_mdoc', meta: { doctype_value: 'kr.sinbun.resident.1' }, claims: [{ path: ['kr.sinbun.resident.1', 'age_over_19'] }] }] }
const plain = { response_type: 'vp_token', response_mode: 'direct_post', response_uri: 'https://rp.example/cb', nonce: 'N-1', state: 's', dcql_query: query }

// --- the library as verifier: a signed request ---
async function byLibrary(payload, key) {
  const callbacks = { signJwt: async (signer, { header, payload: claims }) => ({ jwt: signed(header, claims, key), signerJwk: {} }) }
  const { jar } = await createOpenid4vpAuthorizationRequest({ authorizationRequestPayload: payload, callbacks,
    jar: { jwtSigner: { method: 'x5c', alg: 'ES256', x5c: [derOf('rp.pem')] }, requestUri: 'https://rp.example/request', expiresInSeconds: 3600, additionalJwtPayload: { aud: WALLET } } })
  return jar.authorizationRequestJwt
}

// --- the library as wallet; the path to the root and the algorithm are its user's ---
const root = () => certificate('root.pem')
const walletCallbacks = {
  verifyJwt: async (signer, { header, compact }) => {
    const leaf = new crypto.X509Certificate(Buffer.from(signer.x5c[0], 'base64')), [head, payload, signature] = compact.split('.')
    const verified = header.alg === 'ES256' && header.crit === undefined && signer.x5c.length === 1 && leaf.verify(root().publicKey) &&
      crypto.verify('sha256', Buffer.from(`${head}.${payload}`), { key: leaf.publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
    return verified ? { verified, signerJwk: leaf.publicKey.export({ format: 'jwk' }) } : { verified: false }
  },
  getX509CertificateMetadata: (x5c) => {
    const names = (new crypto.X509Certificate(Buffer.from(x5c, 'base64')).subjectAltName ?? '').split(', ')
    return { sanDnsNames: names.filter((n) => n.startsWith('DNS:')).map((n) => n.slice(4)), sanUriNames: [] }
  },
  hash: (data) => new Uint8Array(crypto.createHash('sha256').update(data).digest()),
  decryptJwe: async () => { throw new Error('nothing is encrypted here') },
}
async function inTheirWallet(text) {
  try {
    const payload = text.startsWith('{') ? JSON.parse(text) : { client_id: JSON.parse(Buffer.from(text.split('.')[1], 'base64url')).client_id, request: text }
    await resolveOpenid4vpAuthorizationRequest({ authorizationRequestPayload: payload, callbacks: walletCallbacks })
    return 'taken'
  } catch (e) {
    return String(e.message).split('\n')[0].slice(0, 100)
  }
}

async function make() {
  const key = crypto.createPrivateKey(read('rp.key.pem')), other = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const dns = { ...plain, client_id: 'x509_san_dns:rp.example' }, x5c = [derOf('rp.pem')]
  const hashed = { ...plain, client_id: `x509_hash:${crypto.createHash('sha256').update(certificate('rp.pem').raw).digest('base64url')}` }
  const redirect = { ...plain, client_id: `redirect_uri:${plain.response_uri}` }
  const good = { 'by DNS name': await byLibrary(dns, key), 'by hash of the certificate': await byLibrary(hashed, key), unsigned: JSON.stringify(redirect) }
  const [head, body, signature] = good['by DNS name'].split('.'), claims = JSON.parse(Buffer.from(body, 'base64url'))
  const header = JSON.parse(Buffer.from(head, 'base64url'))
  // A change of what is signed, and signed anew.
  const changed = (words, words2 = {}, by = key) => signed({ ...header, ...words2 }, { ...claims, ...words }, by)
  const bit = Buffer.from(signature, 'base64url')
  bit[30] ^= 1
  // Name: the member that sinbun is to complain of, the request.
  const bad = {
    'a bit of the signature': ['signature', `${head}.${body}.${bit.toString('base64url')}`],
    'another nonce, not signed anew': ['signature', `${head}.${coded({ ...claims, nonce: 'N-2' })}.${signature}`],
    'by another key': ['signature', changed({}, {}, other)],
    "another issuer's certificate": ['x5c', changed({}, { x5c: [derOf('stranger.pem')] }, crypto.createPrivateKey(read('stranger.key.pem')))],
    'alg none': ['--request', changed({}, { alg: 'none' }, null)],
    'alg ES384': ['--request', changed({}, { alg: 'ES384' })],
    crit: ['--request', changed({}, { crit: ['x'] })],
    'typ JWT': ['--request', changed({}, { typ: 'JWT' })],
    'no typ': ['--request', changed({}, { typ: undefined })],
    'no x5c': ['x5c', changed({}, { x5c: undefined })],
    'the root inside x5c': ['x5c', changed({}, { x5c: [...x5c, derOf('root.pem')] })],
    'another aud': ['aud', changed({ aud: 'https://wallet.example' })],
    'no aud': ['aud', changed({ aud: undefined })],
    'has ended': ['exp', changed({ exp: now - 600 })],
    'from tomorrow': ['iat', changed({ iat: now + 86400 })],
    'another DNS name': ['client_id', changed({ client_id: 'x509_san_dns:other.example' })],
    'the answer to another host': ['response_uri', changed({ response_uri: 'https://other.example/cb' })],
    'another hash': ['client_id', changed({ client_id: `x509_hash:${crypto.createHash('sha256').update('x').digest('base64url')}` })],
    'redirect_uri, signed': ['client_id', changed({ client_id: redirect.client_id })],
    'a client_id without prefix': ['client_id', changed({ client_id: 'rp.example' })],
    'no client_id': ['client_id', changed({ client_id: undefined })],
    'no nonce': ['nonce', changed({ nonce: undefined })],
    'no response_uri': ['response_uri', changed({ response_uri: undefined })],
    'response_uri by http': ['response_uri', changed({ response_uri: 'http://rp.example/cb' })],
    'redirect_uri as well': ['redirect_uri', changed({ redirect_uri: 'https://rp.example/cb' })],
    'response_type code': ['response_type', changed({ response_type: 'code' })],
    'response_mode fragment': ['response_mode', changed({ response_mode: 'fragment' })],
    'transaction data': ['transaction_data', changed({ transaction_data: [coded({ type: 'x', credential_ids: ['j'] })] })],
    'no query': ['dcql_query', changed({ dcql_query: undefined })],
    'x509_san_dns, unsigned': ['client_id', JSON.stringify(dns)],
    'unsigned, the answer to another address': ['response_uri', JSON.stringify({ ...redirect, response_uri: 'https://other.example/cb' })],
  }
  const rows = []
  for (const [kind, all] of Object.entries({ good, bad }))
    for (const [i, [name, one]] of Object.entries(all).entries()) {
      const [field, text] = kind === 'good' ? [null, one] : one
      write(`${kind}.${i}`, text)
      rows.push({ file: `${kind}.${i}`, name, good: kind === 'good', field, theirs: await inTheirWallet(text) })
    }
  write('requests.json', JSON.stringify(rows))
  return [{ good: rows.filter((r) => r.good), refused_by_library: rows.filter((r) => !r.good && r.theirs !== 'taken').length,
    taken_by_library: rows.filter((r) => !r.good && r.theirs === 'taken').map((r) => r.name) }, rows.every((r) => !r.good || r.theirs === 'taken')]
}

// --- the library as verifier: the answer ---
async function readAnswers() {
  const report = []
  for (const { file, name } of JSON.parse(read('requests.json')).filter((r) => r.good)) {
    const request = read(file), asked = request.startsWith('{') ? JSON.parse(request) : JSON.parse(Buffer.from(request.split('.')[1], 'base64url'))
    const answer = JSON.parse(read(`${file}.answer`))
    const given = { authorizationRequestPayload: asked, callbacks: walletCallbacks }
    const got = await parseOpenid4vpAuthorizationResponse({ ...given, authorizationResponse: { vp_token: JSON.stringify(answer.vp_token), state: answer.state } })
    const stateless = await parseOpenid4vpAuthorizationResponse({ ...given, authorizationResponse: { ...answer, state: 'other' } }).then(() => true, () => false)
    report.push({ name, type: got.type, nonce: got.expectedNonce, presentations: Object.fromEntries(Object.entries(got.dcql.presentations).map(([k, v]) => [k, v.length])), stateless })
  }
  return [report, report.every((r) => r.type === 'dcql' && r.presentations.j === 1 && r.presentations.m === 1 && !r.stateless)]
}

const [report, done] = await { make, read: readAnswers }[verb]()
console.log(JSON.stringify(report))
process.exit(done ? 0 : 1)
