// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
//
// SD-JWT VC and Token Status List of the OpenWallet Foundation, as verifier, issuer and holder. Run in a directory with their node_modules.
//   sd-jwt.mjs verify FOLDER   FOLDER/vp.json is accepted as an answer to FOLDER/request.json under FOLDER/root.pem with the status list
//                              FOLDER/status.jwt
//   sd-jwt.mjs refuse FOLDER   … and every altered form of it and of the list is refused; those of the answer are left in FOLDER/form.*.json, with
//                              FOLDER/forms.json: [{file, name, reason that sinbun-verify should have}]. Keys: FOLDER/device.jwk and
//                              FOLDER/signer.jwk, or programs FOLDER/sign-device and FOLDER/sign-signer: DIGEST-FILE SIGNATURE-FILE
//   sd-jwt.mjs make FOLDER     FOLDER/vp.json and status.jwt by them, with keys as above and FOLDER/signer.pem; answers by a suspended and a
//                              revoked card; FOLDER/bundle.jwt for a desk, with their list in it, and FOLDER/bundle.*.jwt that it is to refuse
// Prints a line of JSON; exit 0 when all was as it should be.
import crypto from 'node:crypto'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createHeaderAndPayload, getListFromStatusListJWT, StatusList } from '@sd-jwt/jwt-status-list'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'

const [verb, folder] = process.argv.slice(2)
const read = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8')
const write = (name, data) => fs.writeFileSync(`${folder}/${name}`, data)
const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decoded = (text) => JSON.parse(Buffer.from(text, 'base64url'))
const hasher = (data, alg) => new Uint8Array(crypto.createHash(alg.replace('-', '')).update(typeof data === 'string' ? data : new Uint8Array(data)).digest())
const hashed = (text) => Buffer.from(hasher(text, 'sha-256')).toString('base64url')
const EKU = '1.0.18013.5.1.2'
const VCT = 'urn:sinbun:resident:1'
const LIFE = 3000 // seconds
const now = Math.floor(Date.now() / 1000)

// --- keys: in a file, or behind a program ---
const byKey = (key) => (text) => crypto.sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
const newKey = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
function signerOf(who) {
  if (fs.existsSync(`${folder}/${who}.jwk`)) return byKey(crypto.createPrivateKey({ key: JSON.parse(read(`${who}.jwk`)), format: 'jwk' }))
  return (text) => {
    write('digest', hasher(text, 'sha-256'))
    execFileSync(`${folder}/sign-${who}`, [`${folder}/digest`, `${folder}/signature`], { stdio: 'pipe' })
    return fs.readFileSync(`${folder}/signature`).toString('base64url')
  }
}

// --- what the library leaves to its user: whose key it is, and what the words say ---
class Left extends Error {}
const insist = (good, what) => { if (!good) throw new Left(what) }
const verifies = (key, text, signature) =>
  crypto.verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))

function byCertificate(root, typ) {
  return (text, signature) => {
    const header = decoded(text.split('.')[0])
    insist(header.alg === 'ES256', 'alg')
    insist(header.typ === typ, 'typ')
    insist(header.crit === undefined, 'crit')
    insist(Array.isArray(header.x5c) && header.x5c.length === 1, 'x5c')
    const leaf = new crypto.X509Certificate(Buffer.from(header.x5c[0], 'base64'))
    insist(!leaf.ca && leaf.checkIssued(root) && leaf.verify(root.publicKey), 'no path to the root')
    insist(new Date(leaf.validFrom) <= new Date() && new Date() < new Date(leaf.validTo), 'certificate out of its time')
    insist(leaf.keyUsage?.includes(EKU), 'no document signer')
    return verifies(leaf.publicKey, text, signature)
  }
}
const byHolder = (text, signature, payload) => {
  const header = decoded(text.split('.')[0])
  insist(header.alg === 'ES256' && header.crit === undefined, 'alg or crit of the key binding')
  return verifies(crypto.createPublicKey({ key: payload.cnf.jwk, format: 'jwk' }), text, signature)
}

// Resolves to what is disclosed, or throws.
async function verify(text, { request, root, list }) {
  const statusListFetcher = async (uri) => {
    insist(list && decoded(list.split('.')[1]).sub === uri, 'no list of that name')
    return list
  }
  const instance = new SDJwtVcInstance({ hasher, verifier: byCertificate(root, 'dc+sd-jwt'), statusVerifier: byCertificate(root, 'statuslist+jwt'),
    statusListFetcher, kbVerifier: byHolder })
  const { payload, kb } = await instance.verify(text, { keyBindingNonce: request.nonce, requiredClaimKeys: ['vct', 'name', 'status'] })
  insist(kb.payload.aud === request.client_id, 'aud')
  insist(kb.payload.iat > now - LIFE && kb.payload.iat <= now + LIFE, 'age')
  insist(payload.vct === VCT, 'vct')
  const { vct, iat, nbf, exp, iss, cnf, status, ...shown } = payload
  return shown
}
async function outcome(text, context) {
  try {
    return { ok: true, shown: await verify(text, context) }
  } catch (e) {
    return { ok: false, by: e instanceof Left ? 'user' : 'library', why: String(e.message ?? e).slice(0, 120) }
  }
}
const context = () => ({ request: JSON.parse(read('request.json')), root: new crypto.X509Certificate(read('root.pem')), list: read('status.jwt').trim() })
const presented = (name) => { const [only] = Object.values(JSON.parse(read(name)).vp_token); return only[0] }

// --- altered forms ---
const take = (text) => { const all = text.split('~'); return { jws: all[0], disclosures: all.slice(1, -1), kb: all[all.length - 1] } }
const put = ({ jws, disclosures, kb }) => [jws, ...disclosures, kb].join('~')
const signed = (header, payload, by) => { const text = `${coded(header)}.${typeof payload === 'string' ? Buffer.from(payload).toString('base64url') : coded(payload)}`; return `${text}.${by(text)}` }
const parts = (jws) => { const [header, payload, signature] = jws.split('.'); return { header: decoded(header), payload: decoded(payload), signature } }
const withSignature = (jws, signature) => [...jws.split('.').slice(0, 2), signature].join('.')
const flipped = (signature) => { const b = Buffer.from(signature, 'base64url'); b[20] ^= 1; return b.toString('base64url') }
// ASN.1's SEQUENCE of two INTEGERs in place of r||s.
const asDer = (signature) => {
  const integer = (b) => { const i = b.findIndex((x) => x); const v = b[i] & 0x80 ? Buffer.concat([Buffer.from([0]), b.subarray(i)]) : b.subarray(i); return Buffer.concat([Buffer.from([2, v.length]), v]) }
  const raw = Buffer.from(signature, 'base64url')
  const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  return Buffer.concat([Buffer.from([0x30, both.length]), both]).toString('base64url')
}
const disclosure = (...values) => coded(values.length === 1 ? values[0] : [crypto.randomBytes(16).toString('base64url'), ...values])
const derOf = (pem) => Buffer.from(new crypto.X509Certificate(pem).raw).toString('base64')

// What the desk says of each; and for what the library lets pass although it is signed, why.
const UNUSED = 'it looks only for disclosures that a digest names, and passes over others'
function alterations(text, { request }) {
  const was = take(text), device = signerOf('device'), issuer = signerOf('signer'), stranger = newKey(), other = byKey(stranger.privateKey)
  const { header: kbHeader, payload: kbPayload } = parts(was.kb), { header, payload } = parts(was.jws)
  // The desk is asked as of the moment of presentation.
  const then = kbPayload.iat, rows = []
  const row = (name, altered, reason, tolerated) => rows.push({ name, text: typeof altered === 'string' ? altered : put(altered), reason, tolerated })
  const bound = (p, words = {}, head = {}, by = device) => {
    const all = { ...p, kb: '' }
    return { ...p, kb: signed({ ...kbHeader, ...head }, { ...kbPayload, sd_hash: hashed(put(all)), ...words }, by) }
  }
  const issued = (words = {}, head = {}, disclosures = was.disclosures, by = issuer) =>
    bound({ jws: signed({ ...header, ...head }, typeof words === 'string' ? words : { ...payload, ...words }, by), disclosures })
  const [first, ...rest] = was.disclosures

  // By whoever has no key.
  row('a disclosure removed', { ...was, disclosures: rest }, 'altered')
  row('all disclosures removed', { ...was, disclosures: [] }, 'altered')
  row('a disclosure added', { ...was, disclosures: [...was.disclosures, disclosure('rrn', '900101-1000000')] }, 'altered')
  row('a disclosure twice', { ...was, disclosures: [first, ...was.disclosures] }, 'altered')
  row('disclosures in another order', { ...was, disclosures: [...was.disclosures].reverse() }, 'altered')
  row('another value disclosed', { ...was, disclosures: [disclosure([decoded(first)[0], decoded(first)[1], '김시험']), ...rest] }, 'altered')
  row("a bit of the issuer's signature", { ...was, jws: withSignature(was.jws, flipped(parts(was.jws).signature)) }, 'altered')
  row("a bit of the device's signature", { ...was, kb: withSignature(was.kb, flipped(parts(was.kb).signature)) }, 'holder_mismatch')
  row('no key binding', { ...was, kb: '' }, 'holder_mismatch')
  row('key binding by another key', bound(was, {}, {}, other), 'holder_mismatch')
  row('key binding with alg none', { ...was, kb: signed({ ...kbHeader, alg: 'none' }, kbPayload, () => '') }, 'malformed')
  row("DER for the device's signature", { ...was, kb: withSignature(was.kb, asDer(parts(was.kb).signature)) }, 'malformed')
  row("DER for the issuer's signature", { ...was, jws: withSignature(was.jws, asDer(parts(was.jws).signature)) }, 'malformed')
  row('the issuer with alg none', { ...was, jws: signed({ ...header, alg: 'none' }, payload, () => '') }, 'malformed')
  row('a later exp', { ...was, jws: [was.jws.split('.')[0], coded({ ...payload, exp: payload.exp + 1 }), parts(was.jws).signature].join('.') }, 'altered')
  row('the issuer is another key', bound({ ...was, jws: signed(header, payload, other) }), 'altered')

  // By a device with its key.
  row('another nonce', bound(was, { nonce: `${request.nonce}x` }), 'wrong_challenge')
  row('no nonce', bound(was, { nonce: undefined }), 'malformed')
  row('another aud', bound(was, { aud: `${request.client_id}x` }), 'wrong_audience')
  row('no aud', bound(was, { aud: undefined }), 'malformed')
  row('several auds', bound(was, { aud: [request.client_id] }), 'malformed')
  row('another sd_hash', bound(was, { sd_hash: hashed('x') }), 'altered')
  row('no sd_hash', bound(was, { sd_hash: undefined }), 'malformed')
  row('no iat', bound(was, { iat: undefined }), 'malformed')
  row('signed an hour ago', bound(was, { iat: then - 3600 }), 'too_old')
  row('signed in an hour', bound(was, { iat: then + 3600 }), 'not_yet_valid')
  row('key binding with typ JWT', bound(was, {}, { typ: 'JWT' }), 'malformed')
  row('key binding with crit', bound(was, {}, { crit: ['exp'] }), 'malformed')
  row('key binding with alg ES384', bound(was, {}, { alg: 'ES384' }), 'malformed')
  row('a disclosure of its own', bound({ ...was, disclosures: [...was.disclosures, disclosure('age_over_19', true)] }), 'altered', UNUSED)
  row('a disclosure twice, signed', bound({ ...was, disclosures: [first, ...was.disclosures] }), 'altered', UNUSED)
  row('a disclosure that is no array', bound({ ...was, disclosures: [...was.disclosures, disclosure({ a: 1 })] }), 'malformed')
  row('what was asked for left out', bound({ ...was, disclosures: was.disclosures.filter((d) => decoded(d)[1] !== 'name') }), 'malformed')

  // By an issuer with its key.
  row('expired', issued({ exp: then - 1 }), 'expired')
  row('not yet valid', issued({ nbf: then + 3600 }), 'not_yet_valid')
  row('issued in an hour', issued({ iat: then + 3600 }), 'not_yet_valid')
  row('another vct', issued({ vct: 'urn:sinbun:resident:2' }), 'malformed')
  row('no vct', issued({ vct: undefined }), 'malformed')
  row('typ JWT', issued({}, { typ: 'JWT' }), 'malformed')
  row('typ vc+sd-jwt', issued({}, { typ: 'vc+sd-jwt' }), 'malformed')
  row('alg ES384', issued({}, { alg: 'ES384' }), 'malformed')
  row('crit', issued({}, { crit: ['x'] }), 'malformed')
  row('no x5c', issued({}, { x5c: undefined }), 'malformed')
  row('the root inside x5c', issued({}, { x5c: [...header.x5c, derOf(read('root.pem'))] }), 'malformed')
  row('the root alone in x5c', issued({}, { x5c: [derOf(read('root.pem'))] }), 'unknown_issuer')
  row("another issuer's certificate", issued({}, { x5c: [derOf(read('other-signer.pem'))] }), 'unknown_issuer')
  row('no cnf', issued({ cnf: undefined }), 'malformed')
  row("another device's cnf", issued({ cnf: { jwk: stranger.publicKey.export({ format: 'jwk' }) } }), 'holder_mismatch')
  row('digests of another algorithm', issued({ _sd_alg: 'sha-512' }), 'malformed')
  row('an index outside of the list', issued({ status: { status_list: { ...payload.status.status_list, idx: 1 << 28 } } }), 'status_missing')
  row('another list', issued({ status: { status_list: { ...payload.status.status_list, uri: 'https://id.example/other' } } }), 'status_missing')
  row('a status that is no list', issued({ status: 7 }), 'malformed', 'it looks up status lists, and passes over a status of another kind')
  row('a digest twice', issued({ _sd: [...payload._sd, payload._sd[0]] }), 'malformed', 'it does not ask whether a digest stands there twice')
  const hidden = disclosure('exp', then + 86400 * 3650), taken = disclosure('iat', 1)
  row('exp among the disclosures', issued({ _sd: [...payload._sd, hashed(hidden)], exp: undefined }, {}, [...was.disclosures, hidden]), 'malformed',
    'it leaves to the issuer which claims may be hidden')
  row('a claim in the open and disclosed', issued({ _sd: [...payload._sd, hashed(taken)] }, {}, [...was.disclosures, taken]), 'malformed',
    'the disclosed value takes the place of the open one')
  const short = coded(['c2FsdA', 'note', 1])
  row('a salt of 4 bytes', issued({ _sd: [...payload._sd, hashed(short)] }, {}, [...was.disclosures, short]), 'malformed', 'it does not measure salts')
  row('a key of JSON twice', issued(JSON.stringify(payload).replace('{', '{"vct":"urn:sinbun:resident:2",')), 'malformed', "JSON.parse takes the last of two")
  return rows
}

// The list: [name, altered].
function alteredLists(list) {
  const { header, payload, signature } = parts(list), issuer = signerOf('signer'), other = byKey(newKey().privateKey)
  const all = new StatusList(getListFromStatusListJWT(list).statusList.map(() => 0), payload.status_list.bits)
  const cleared = { ...payload, status_list: { bits: payload.status_list.bits, lst: all.compressStatusList() } }
  return [
    ['a bit of its signature', withSignature(list, flipped(signature))],
    ['entries changed', [list.split('.')[0], coded({ ...cleared, iat: payload.iat - 1 }), signature].join('.')],
    ['by another key', signed(header, payload, other)],
    ['alg none', signed({ ...header, alg: 'none' }, payload, () => '')],
    ['typ JWT', signed({ ...header, typ: 'JWT' }, payload, issuer)],
    ['of another name', signed(header, { ...payload, sub: `${payload.sub}x` }, issuer)],
    ['expired', signed(header, { ...payload, exp: now - 1 }, issuer)],
    ['of tomorrow', signed(header, { ...payload, iat: now + 86400 }, issuer)],
    ['not compressed', signed(header, { ...payload, status_list: { bits: 2, lst: 'AAAA' } }, issuer)],
    ['of 3 bits', signed(header, { ...payload, status_list: { ...payload.status_list, bits: 3 } }, issuer)],
    ['too short', signed(header, { ...payload, status_list: { bits: 2, lst: new StatusList([0, 0, 0, 0], 2).compressStatusList() } }, issuer)],
    ['empty', ''],
  ]
}

async function accepted() {
  const got = await outcome(presented('vp.json'), context())
  return [got, got.ok]
}

// Any character by itself, to one that it was not.
async function characters(text, plain, all) {
  const report = { tried: 0, tolerated: 0, where: {}, other_values: 0 }
  const { jws, disclosures, kb } = take(text), inKb = text.length - kb.length, inDisclosures = jws.length + 1
  for (let i = 0; i < text.length; i++) {
    const to = text[i] === 'A' ? 'B' : 'A'
    const got = await outcome(text.slice(0, i) + to + text.slice(i + 1), all)
    report.tried++
    if (!got.ok) continue
    const place = i >= inKb ? "the device's JWT" : i >= inDisclosures ? `disclosures (${disclosures.length})` : "the issuer's JWT"
    report.tolerated++
    report.where[place] = (report.where[place] ?? 0) + 1
    report.other_values += JSON.stringify(got.shown) !== JSON.stringify(plain.shown)
  }
  return report
}

async function refuseAll() {
  const text = presented('vp.json'), all = context(), answer = JSON.parse(read('vp.json')), [id] = Object.keys(answer.vp_token)
  const plain = await outcome(text, all), rows = alterations(text, all)
  const report = { accepted: plain.ok, why: plain.why, forms: rows.length, refused_by: { library: 0, user: 0 }, tolerated: {}, passed: [], lists_passed: [] }
  const note = (got, name, tolerated, passed) => {
    if (!got.ok) report.refused_by[got.by]++
    else if (tolerated) report.tolerated[name] = tolerated
    else passed.push(name)
  }
  for (const row of rows) note(await outcome(row.text, all), row.name, row.tolerated, report.passed)
  note(await outcome(text, { ...all, request: { ...all.request, nonce: 'other' } }), 'asked with another nonce', null, report.passed)
  note(await outcome(text, { ...all, request: { ...all.request, client_id: 'other' } }), 'asked by another', null, report.passed)
  note(await outcome(text, { ...all, root: new crypto.X509Certificate(read('other-root.pem')) }), 'another root', null, report.passed)
  const lists = alteredLists(all.list)
  for (const [name, list] of lists) note(await outcome(text, { ...all, list }), name, null, report.lists_passed)
  report.lists = lists.length
  report.forms += 3
  report.characters = await characters(text, plain, all)
  const files = rows.map(({ name, text: altered, reason }, i) => {
    const file = `form.${String(i).padStart(2, '0')}.json`
    write(file, JSON.stringify({ ...answer, vp_token: { [id]: [altered] } }))
    return { file, name, reason }
  })
  write('forms.json', JSON.stringify(files))
  return [report, plain.ok && report.passed.length + report.lists_passed.length + report.characters.other_values === 0]
}

// --- issuing and presenting ---

// As much CBOR as a status list needs.
const head = (type, n) => (n < 24 ? [type << 5 | n] : n < 256 ? [type << 5 | 24, n] : n < 65536 ? [type << 5 | 25, n >> 8, n & 255] : [type << 5 | 26, n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255])
const cbor = (v) =>
  typeof v === 'number' ? Buffer.from(v < 0 ? head(1, -1 - v) : head(0, v))
    : typeof v === 'string' ? Buffer.concat([Buffer.from(head(3, Buffer.byteLength(v))), Buffer.from(v)])
      : v instanceof Uint8Array ? Buffer.concat([Buffer.from(head(2, v.length)), v])
        : Array.isArray(v) ? Buffer.concat([Buffer.from(head(4, v.length)), ...v.map(cbor)])
          : Buffer.concat([Buffer.from(head(5, v.size)), ...[...v].flat().map(cbor)])

function bundleOf(list, certificate, by, listBy = by, change = {}) {
  const payload = { ...parts(list).payload, ...change }, kid = crypto.createHash('sha256').update(certificate).digest().subarray(0, 8)
  const header = cbor(new Map([[1, -7], [4, kid], [16, 'application/statuslist+cwt']]))
  const inner = new Map([['bits', payload.status_list.bits], ['lst', Buffer.from(payload.status_list.lst, 'base64url')]])
  const claims = cbor(new Map([[2, payload.sub], [6, payload.iat], [4, payload.exp], [65533, inner]]))
  const signature = Buffer.from(listBy(cbor(['Signature1', header, Buffer.alloc(0), claims])), 'base64url')
  const cwt = Buffer.concat([Buffer.from([0xd2]), cbor([header, new Map(), claims, signature])])
  const der = certificate.toString('base64')
  return signed({ typ: 'sinbun-bundle+jwt', x5c: [der], alg: 'ES256' },
    { iat: now, exp: now + 86400, signers: [der], status: [cwt.toString('base64url')] }, by)
}

// A desk takes in none of these.
function badBundles(list, certificate, issuer) {
  const { status_list } = parts(list).payload, stranger = byKey(newKey().privateKey), good = bundleOf(list, certificate, issuer)
  const lst = Buffer.from(status_list.lst, 'base64url'), last = lst.length - 1
  const withLst = (bytes) => ({ status_list: { ...status_list, lst: bytes.toString('base64url') } })
  const bad = {
    'a bit of its signature': withSignature(good, flipped(parts(good).signature)),
    'signed by another': bundleOf(list, certificate, stranger, issuer),
    "another issuer's certificate": bundleOf(list, Buffer.from(derOf(read('other-signer.pem')), 'base64'), issuer),
    'a list by another key': bundleOf(list, certificate, issuer, stranger),
    "a bit of the list's signature": bundleOf(list, certificate, issuer, (text) => flipped(issuer(text))),
    'a list of 3 bits': bundleOf(list, certificate, issuer, issuer, { status_list: { ...status_list, bits: 3 } }),
    'a list that is not compressed': bundleOf(list, certificate, issuer, issuer, withLst(Buffer.from([0xc9, 0x44, 0xf9]))),
    'a list that is cut': bundleOf(list, certificate, issuer, issuer, withLst(lst.subarray(0, last))),
    "a list's checksum": bundleOf(list, certificate, issuer, issuer, withLst(Buffer.concat([lst.subarray(0, last), Buffer.from([lst[last] ^ 1])]))),
    'a list whose name is a number': bundleOf(list, certificate, issuer, issuer, { sub: 7 }),
  }
  Object.values(bad).forEach((text, i) => write(`bundle.${i}.jwt`, text))
  return Object.keys(bad)
}

async function make() {
  const issuer = signerOf('signer'), device = signerOf('device'), certificate = Buffer.from(derOf(read('signer.pem')), 'base64')
  const { kty, crv, x, y } = JSON.parse(read('device.jwk')), request = JSON.parse(read('request.json')), uri = 'https://id.example/theirs'
  const instance = new SDJwtVcInstance({ signer: issuer, signAlg: 'ES256', kbSigner: device, kbSignAlg: 'ES256', hasher, hashAlg: 'sha-256',
    saltGenerator: (length) => crypto.randomBytes(length).toString('base64url') })
  const x5c = [certificate.toString('base64')]
  const one = createHeaderAndPayload(new StatusList([0, 1, 2, 0, 3, 0, 0, 0, 2, 1, 0, 0], 2),
    { iss: 'https://id.example', sub: uri, iat: now - 10, exp: now + 86400 }, { alg: 'ES256', x5c })
  const list = signed(one.header, one.payload, issuer), report = {}
  const values = { name: '홍시험', birth_date: '1990-01-01', age_over_19: true, rrn: '900101-1000000', address: '서울특별시 시험구 시험로 1' }
  for (const [file, idx] of Object.entries({ 'vp.json': 11, 'revoked.json': 1, 'suspended.json': 2 })) {
    const issued = await instance.issue({ vct: VCT, iat: now - 60, exp: now + 86400, cnf: { jwk: { kty, crv, x, y } }, status: { status_list: { idx, uri } }, ...values },
      { _sd: Object.keys(values), _sd_decoy: 3 }, { header: { x5c } })
    const text = await instance.present(issued, { name: true, birth_date: true }, { kb: { payload: { iat: now - 2, aud: request.client_id, nonce: request.nonce } } })
    write(file, JSON.stringify({ vp_token: { [request.dcql_query.credentials[0].id]: [text] }, state: request.state }))
    report[file] = text.length
  }
  write('status.jwt', list)
  write('bundle.jwt', bundleOf(list, certificate, issuer))
  report.bundles = badBundles(list, certificate, issuer)
  return [report, true]
}

const [report, good] = await { verify: accepted, refuse: refuseAll, make }[verb]()
console.log(JSON.stringify(report))
process.exit(good ? 0 : 1)
