// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
//
// Two mdoc libraries that nobody here wrote, as verifiers and as issuers and devices. Run in a directory with their node_modules.
//   mdoc.mjs verify FOLDER    FOLDER/response for FOLDER/transcript, under FOLDER/root.pem: accepted, and every altered form refused,
//                             and under FOLDER/other-root.pem
//   mdoc.mjs issued FOLDER    FOLDER/issued alone
//   mdoc.mjs make FOLDER      FOLDER/auth0.response and FOLDER/owf.response, by keys of FOLDER; and altered forms of both
// Prints a line of JSON; exit 0 when all was as it should be.
import crypto from 'node:crypto'
import fs from 'node:fs'
import { DataItem, DeviceResponse as Auth0Response, Document, parse, Verifier as Auth0Verifier } from '@auth0/mdl'
import * as owf from '@owf/mdoc'

const [verb, folder] = process.argv.slice(2)
const read = (name) => new Uint8Array(fs.readFileSync(`${folder}/${name}`))
const write = (name, data) => fs.writeFileSync(`${folder}/${name}`, data)
const pem = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8')
const der = (text) => new Uint8Array(new crypto.X509Certificate(text).raw)
const TYPE = 'kr.sinbun.resident.1'

// --- what @owf/mdoc leaves to its user: cryptography, by node's own ---
const keyOf = (jwk, type) => (type === 'private' ? crypto.createPrivateKey : crypto.createPublicKey)({ key: jwk, format: 'jwk' })
const fields = (certificate) => new crypto.X509Certificate(certificate)
const context = {
  crypto: {
    // Four bytes become a digest's number, which must be below 2^31.
    random: (length) => new Uint8Array(crypto.randomBytes(length)).map((b, i) => (length === 4 && i === 0 ? b & 0x7f : b)),
    digest: ({ digestAlgorithm, bytes }) =>
      new Uint8Array(crypto.createHash(digestAlgorithm.replace('-', '').toLowerCase()).update(bytes).digest()),
    calculateEphemeralMacKey: () => { throw new Error('no MACs here') },
  },
  cose: {
    sign1: {
      sign: ({ toBeSigned, key }) =>
        new Uint8Array(crypto.sign('sha256', toBeSigned, { key: keyOf(key.privateJwk ?? key.jwk, 'private'), dsaEncoding: 'ieee-p1363' })),
      verify: ({ sign1, key }) =>
        crypto.verify('sha256', sign1.toBeSigned, { key: keyOf(key.jwk, 'public'), dsaEncoding: 'ieee-p1363' }, sign1.signature),
    },
    mac0: { sign: () => { throw new Error('no MACs here') }, verify: () => false },
  },
  x509: {
    getIssuerNameField: ({ certificate, field }) =>
      fields(certificate).issuer.split('\n').filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1)),
    getPublicKey: ({ certificate }) => owf.CoseKey.fromJwk(fields(certificate).publicKey.export({ format: 'jwk' })),
    verifyCertificateChain: ({ trustedCertificates, x5chain, now }) => {
      const leaf = fields(x5chain[0])
      const root = trustedCertificates.map(fields).find((c) => leaf.checkIssued(c) && leaf.verify(c.publicKey))
      const at = now ?? new Date()
      if (!root || new Date(leaf.validFrom) > at || new Date(leaf.validTo) < at) throw new Error('no path to a trusted certificate')
    },
    getCertificateData: ({ certificate }) => {
      const c = fields(certificate)
      return { issuerName: c.issuer, subjectName: c.subject, serialNumber: c.serialNumber, thumbprint: c.fingerprint256,
        notBefore: new Date(c.validFrom), notAfter: new Date(c.validTo), pem: c.toString() }
    },
  },
}

// --- verifying: resolves to what is disclosed, or throws ---
const verifiers = {
  auth0: async (response, transcript, root) => {
    const mdoc = await new Auth0Verifier([root]).verify(response, { encodedSessionTranscript: transcript })
    const [document] = mdoc.documents
    return { type: document.docType, elements: document.getIssuerNameSpace(document.issuerSignedNameSpaces[0]) }
  },
  owf: async (response, transcript, root) => {
    // It wants the transcript bare, auth0 under tag 24.
    await owf.Verifier.verifyDeviceResponse({ deviceResponse: response, sessionTranscript: transcript.subarray(4), trustedCertificates: [der(root)] }, context)
    const [document] = owf.DeviceResponse.decode(response).documents
    const [space] = [...document.issuerSigned.issuerNamespaces.issuerNamespaces.values()]
    return { type: document.docType, elements: Object.fromEntries(space.map((i) => [i.elementIdentifier, i.elementValue])) }
  },
}

const outcome = async (verify, ...args) => {
  try {
    return { ok: true, ...(await verify(...args)) }
  } catch (e) {
    return { ok: false, why: String(e.message ?? e).slice(0, 120) }
  }
}

// Forms altered where it matters, each named.
function alterations(response) {
  const bytes = Buffer.from(response)
  const at = (text, from = 0) => bytes.indexOf(Buffer.from(text), from)
  const flip = (...places) => { const b = Buffer.from(bytes); for (const p of places) b[p] ^= 1; return new Uint8Array(b) }
  const forms = {}
  // Of every element: the first letter of its value's end, and its random value.
  for (let n = 0, p = at('elementValue'); p >= 0; p = at('elementValue', p + 1), n++) forms[`value ${n}`] = flip(p + 15)
  for (let n = 0, p = at('random'); p >= 0; p = at('random', p + 1), n++) forms[`salt ${n}`] = flip(p + 12)
  const object = at('valueDigests'), issuer = at('issuerAuth'), device = at('deviceSignature')
  forms['a digest'] = flip(at(TYPE, object) + TYPE.length + 6)
  forms['the device key'] = flip(at('deviceKey', at('deviceKeyInfo', object) + 13) + 9 + 10)
  forms['the validity'] = flip(at('validUntil', object) + 10 + 5)
  forms['the type that was signed'] = flip(at('docType', object) + 7 + 5)
  forms['the type of the document'] = flip(at('docType') + 7 + 5)
  forms['the certificate'] = flip(issuer + 10 + 12 + 200)
  forms["the issuer's signature"] = flip(at('deviceSigned') - 3)
  forms["the device's signature"] = flip(device + 15 + 30)
  forms['alg -9'] = (() => { const b = Buffer.from(bytes), p = b.indexOf(Buffer.from('43a10126', 'hex'), issuer); b[p + 3] = 0x28; return new Uint8Array(b) })()
  forms['cut'] = new Uint8Array(bytes.subarray(0, bytes.length - 10))
  return forms
}

async function verifyAll() {
  const response = read('response'), transcript = read('transcript.tagged'), root = pem('root.pem')
  const other = new Uint8Array(transcript)
  other[other.length - 1] ^= 1
  const report = {}
  let good = true
  for (const [name, verify] of Object.entries(verifiers)) {
    const plain = await outcome(verify, response, transcript, root)
    const accepted = []
    const tries = Object.entries(alterations(response)).map(([form, data]) => [form, data, transcript, root])
    tries.push(['another transcript', response, other, root], ['another root', response, transcript, pem('other-root.pem')])
    for (const [form, ...rest] of tries) if ((await outcome(verify, ...rest)).ok) accepted.push(form)
    // Any byte: they pass over some that nobody signed, but never show another value.
    let bytes = 0, tolerated = 0, shown = 0
    for (let i = 0; i < response.length; i += 3, bytes++) {
      const b = new Uint8Array(response)
      b[i] ^= 1
      const got = await outcome(verify, b, transcript, root)
      tolerated += got.ok
      shown += got.ok && JSON.stringify(got.elements) !== JSON.stringify(plain.elements)
    }
    report[name] = { accepted: plain.ok, why: plain.why, type: plain.type, elements: plain.elements, refused: tries.length - accepted.length,
      altered_accepted: accepted, bytes, tolerated, other_values: shown }
    good &&= plain.ok && accepted.length === 0 && shown === 0
  }
  return [report, good]
}

async function issuedAlone() {
  const result = await outcome(async () => {
    await owf.Holder.verifyIssuerSigned({ issuerSigned: read('issued'), trustedCertificates: [der(pem('root.pem'))] }, context)
    return {}
  })
  return [{ owf: result }, result.ok]
}

// --- issuing and presenting ---
const second = (ms) => new Date(Math.floor(ms / 1000) * 1000)
const now = Date.now()
const validity = { signed: second(now - 60000), validFrom: second(now - 60000), validUntil: second(now + 86400000) }
const values = { name: '홍시험', birth_date: '1990-01-01', age_over_19: true, note: 'not shown' }
const publicOf = ({ kty, crv, x, y }) => ({ kty, crv, x, y })

async function byAuth0() {
  const signer = JSON.parse(pem('signer.jwk')), device = JSON.parse(pem('device.jwk'))
  const issued = await new Document(TYPE)
    .addIssuerNameSpace(TYPE, values)
    .useDigestAlgorithm('SHA-256')
    .addValidityInfo(validity)
    .addDeviceKeyInfo({ deviceKey: publicOf(device) })
    .sign({ issuerPrivateKey: { ...signer, alg: 'ES256' }, issuerCertificate: pem('signer.pem'), alg: 'ES256' })
  const { MDoc } = await import('@auth0/mdl')
  const wanted = {
    id: 'x',
    input_descriptors: [{ id: TYPE, format: { mso_mdoc: { alg: ['ES256'] } },
      constraints: { limit_disclosure: 'required', fields: ['name', 'birth_date'].map((n) => ({ path: [`$['${TYPE}']['${n}']`], intent_to_retain: false })) } }],
  }
  const response = await Auth0Response.from(new MDoc([issued]))
    .usingPresentationDefinition(wanted)
    .usingSessionTranscriptBytes(Buffer.from(read('transcript.tagged')))
    .authenticateWithSignature({ ...device, alg: 'ES256' }, 'ES256')
    .sign()
  return new Uint8Array(response.encode())
}

async function byOwf() {
  const signer = JSON.parse(pem('signer.jwk')), device = JSON.parse(pem('device.jwk'))
  const issuer = new owf.Issuer(TYPE, context).addIssuerNamespace(TYPE, values)
  const issued = await issuer.sign({
    signingKey: owf.CoseKey.fromJwk(signer),
    algorithm: owf.SignatureAlgorithm.ES256,
    digestAlgorithm: 'SHA-256',
    validityInfo: validity,
    deviceKeyInfo: { deviceKey: owf.DeviceKey.fromJwk(publicOf(device)) },
    certificates: [der(pem('signer.pem'))],
  })
  const itemsRequest = owf.ItemsRequest.create({ docType: TYPE, namespaces: { [TYPE]: { name: false, birth_date: false } } })
  const response = await owf.Holder.createDeviceResponseForDeviceRequest({
    deviceRequest: owf.DeviceRequest.create({ docRequests: [owf.DocRequest.create({ itemsRequest })] }),
    sessionTranscript: read('transcript'),
    issuerSigned: [issued],
    signature: { signingKey: owf.CoseKey.fromJwk({ ...device, alg: 'ES256' }) },
  }, context)
  return new Uint8Array(response.encode())
}

async function make() {
  const report = {}
  for (const [name, by] of Object.entries({ auth0: byAuth0, owf: byOwf })) {
    const response = await by()
    write(`${name}.response`, response)
    const forms = Object.entries(alterations(response))
    forms.forEach(([, data], i) => write(`${name}.altered.${String(i).padStart(2, '0')}`, data))
    report[name] = { bytes: response.length, altered: forms.map(([form]) => form) }
  }
  return [report, true]
}

if (verb === 'verify' || verb === 'make') {
  const bare = read('transcript')
  write('transcript.tagged', Buffer.concat([Buffer.from([0xd8, 0x18, 0x58, bare.length]), bare]))
}
const [report, good] = await { verify: verifyAll, issued: issuedAlone, make }[verb]()
console.log(JSON.stringify(report))
process.exit(good ? 0 : 1)
