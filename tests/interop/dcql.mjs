// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
//
// The query language DCQL by the OpenWallet Foundation's library, as wallet and as verifier. Run in a directory with its node_modules.
//   dcql.mjs queries FOLDER   what is held is what FOLDER/held.json (vp_token) shows; writes FOLDER/query.*.json, requests, and FOLDER/queries.json:
//                             [{file, name, outcome: satisfied, unsatisfied or invalid, shows: {id: claims}; where ours is another: ours, note}]
//   dcql.mjs judge FOLDER     FOLDER/answer.N.json for each that is satisfied: the library takes it, and it shows exactly what it should
// Prints a line of JSON; exit 0 when all was as it should be.
import fs from 'node:fs'
import { DcqlPresentationResult, DcqlQuery } from 'dcql'
import { DeviceResponse } from '@owf/mdoc'

const [verb, folder] = process.argv.slice(2)
const read = (name) => JSON.parse(fs.readFileSync(`${folder}/${name}`, 'utf8'))
const write = (name, value) => fs.writeFileSync(`${folder}/${name}`, JSON.stringify(value))
const TYPE = 'kr.sinbun.resident.1', VCT = 'urn:sinbun:resident:1'

// --- what a presentation shows, as the library wants it ---
const plain = (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value?.toISOString ? value.toISOString().slice(0, 10) : value)
function ofMdoc(text) {
  const [document] = DeviceResponse.decode(new Uint8Array(Buffer.from(text, 'base64url'))).documents
  const namespaces = {}
  for (const [name, items] of document.issuerSigned.issuerNamespaces.issuerNamespaces)
    namespaces[name] = Object.fromEntries(items.map((i) => [i.elementIdentifier, plain(i.elementValue)]))
  return { credential_format: 'mso_mdoc', doctype: document.docType, namespaces, cryptographic_holder_binding: true }
}
function ofSdJwt(text) {
  const [jws, ...rest] = text.split('~'), decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'))
  const { vct } = decoded(jws.split('.')[1])
  const claims = Object.fromEntries(rest.slice(0, -1).map(decoded).map(([, name, value]) => [name, value]))
  return { credential_format: 'dc+sd-jwt', vct, claims: { vct, ...claims }, cryptographic_holder_binding: true }
}
const shown = (text) => (text.includes('~') ? ofSdJwt : ofMdoc)(text)
const claimsOf = (c) => c.namespaces?.[TYPE] ?? (({ vct, ...claims }) => claims)(c.claims ?? {})

// --- queries ---
const mdoc = (id, names, more = {}) => ({ id, format: 'mso_mdoc', meta: { doctype_value: TYPE }, ...(names && { claims: names.map((n) => claim([TYPE, n])) }), ...more })
const sdjwt = (id, names, more = {}) => ({ id, format: 'dc+sd-jwt', meta: { vct_values: [VCT] }, ...(names && { claims: names.map((n) => claim([n])) }), ...more })
const claim = (path, more = {}) => ({ path, ...more })
const ids = (...names) => names.map((n) => claim([n], { id: n }))
const all = (...credentials) => ({ credentials })
const table = [
  ['one claim of an mdoc', all(mdoc('m', ['name']))],
  ['one claim of an SD-JWT VC', all(sdjwt('j', ['name']))],
  ['several claims of both', all(mdoc('m', ['name', 'birth_date', 'age_over_19']), sdjwt('j', ['rrn', 'address']))],
  ['the same type twice', all(sdjwt('a', ['name']), sdjwt('b', ['age_over_19']))],
  ['no claims', all(sdjwt('j'))],
  ['a value that fits', all(sdjwt('j', null, { claims: [claim(['age_over_19'], { values: [true] }), claim(['name'], { values: ['김시험', '홍시험'] })] }))],
  ['a value that does not', all(sdjwt('j', null, { claims: [claim(['name'], { values: ['김시험'] })] }))],
  ['a value of another type', all(sdjwt('j', null, { claims: [claim(['age_over_19'], { values: ['true'] })] }))],
  ['a value of an mdoc', all(mdoc('m', null, { claims: [claim([TYPE, 'birth_date'], { values: ['1990-01-01'] }), claim([TYPE, 'age_over_19'], { values: [true] })] }))],
  ['a value of an mdoc that does not fit', all(mdoc('m', null, { claims: [claim([TYPE, 'birth_date'], { values: ['1990-01-02'] })] }))],
  ['the first set of claims', all(sdjwt('j', null, { claims: ids('name', 'rrn', 'age_over_19'), claim_sets: [['age_over_19'], ['name', 'rrn']] }))],
  ['the second set of claims', all(sdjwt('j', null, { claims: ids('name', 'shoe_size', 'birth_date'), claim_sets: [['name', 'shoe_size'], ['name', 'birth_date']] }))],
  ['no set of claims', all(sdjwt('j', null, { claims: ids('hat_size', 'shoe_size'), claim_sets: [['hat_size'], ['shoe_size']] }))],
  ['one of several types', all(sdjwt('j', ['name'], { meta: { vct_values: ['urn:other:1', VCT] } }))],
  ['a type that is not held', all(sdjwt('j', ['name'], { meta: { vct_values: ['urn:other:1'] } }))],
  ['another document', all(mdoc('m', null, { meta: { doctype_value: 'org.iso.18013.5.1.mDL' }, claims: [claim(['org.iso.18013.5.1', 'family_name'])] }))],
  ['a claim that is not held', all(mdoc('m', ['name', 'shoe_size']))],
  ['another name space', all(mdoc('m', null, { claims: [claim(['org.iso.18013.5.1', 'name'])] }))],
  ['one that is held, one that is not', all(sdjwt('j', ['name']), sdjwt('k', ['shoe_size']))],
  ['inside of a text', all(sdjwt('j', null, { claims: [claim(['name', 'first'])] }))],
  ['an element of a text', all(sdjwt('j', null, { claims: [claim(['name', 0])] }))],
  ['sets of credentials: the first', { ...all(mdoc('m', ['name']), sdjwt('j', ['name'])), credential_sets: [{ options: [['m'], ['j']] }] }],
  ['sets of credentials: the second', { ...all(mdoc('m', ['shoe_size']), sdjwt('j', ['name'])), credential_sets: [{ options: [['m'], ['j']] }] }],
  ['sets of credentials: none', { ...all(mdoc('m', ['shoe_size']), sdjwt('j', ['hat_size'])), credential_sets: [{ options: [['m'], ['j']] }] }],
  ['sets of credentials: both together', { ...all(mdoc('m', ['name']), sdjwt('j', ['name'])), credential_sets: [{ options: [['m', 'j']] }] }],
  ['a set that is not required, and is not held', { ...all(mdoc('m', ['name']), sdjwt('j', ['shoe_size'])), credential_sets: [{ options: [['m']] }, { options: [['j']], required: false }] }],
  ['to be kept', all(mdoc('m', null, { claims: [claim([TYPE, 'name'], { intent_to_retain: true })] }))],
  ['no credentials', { credentials: [] }],
  ['no id', all({ ...mdoc('m', ['name']), id: undefined })],
  ['an empty id', all(mdoc('', ['name']))],
  ['other signs in an id', all(mdoc('m n', ['name']))],
  ['an id twice', all(mdoc('m', ['name']), sdjwt('m', ['name']))],
  ['no format', all({ ...mdoc('m', ['name']), format: undefined })],
  ['another format', all({ ...mdoc('m', ['name']), format: 'ac_vp' })],
  ['no claims in claims', all(sdjwt('j', []))],
  ['an empty path', all(sdjwt('j', null, { claims: [claim([])] }))],
  ['a path of three for an mdoc', all(mdoc('m', null, { claims: [claim([TYPE, 'name', 'x'])] })), { ours: 'invalid', note: 'the library looks at the first two members' }],
  ['a number in the path of an mdoc', all(mdoc('m', null, { claims: [claim([TYPE, 0])] }))],
  ['a number below 0', all(sdjwt('j', null, { claims: [claim(['name', -1])] }))],
  ['sets without claims', all(sdjwt('j', null, { claim_sets: [['a']] }))],
  ['a set of a claim that is not there', all(sdjwt('j', null, { claims: ids('name'), claim_sets: [['rrn']] }))],
  ['a set of a credential that is not there', { ...all(mdoc('m', ['name'])), credential_sets: [{ options: [['x']] }] }],
  ['sets without options', { ...all(mdoc('m', ['name'])), credential_sets: [{ options: [] }] }],
]

function theirs(query, held) {
  let parsed
  try {
    parsed = DcqlQuery.parse(structuredClone(query))
    DcqlQuery.validate(parsed)
  } catch (e) {
    return { outcome: 'invalid', why: String(e.message).slice(0, 100) }
  }
  const result = DcqlQuery.query(parsed, held)
  if (!result.can_be_satisfied) return { outcome: 'unsatisfied' }
  const chosen = result.credential_sets?.length
    ? result.credential_sets.flatMap((s) => s.matching_options?.[0] ?? []) : query.credentials.map((c) => c.id)
  const shows = Object.fromEntries(chosen.map((id) => {
    const { claims } = result.credential_matches[id].valid_credentials[0]
    return [id, claimsOf({ [query.credentials.find((c) => c.id === id).format === 'mso_mdoc' ? 'namespaces' : 'claims']: claims.valid_claim_sets[0].output ?? {} })]
  }))
  return { outcome: 'satisfied', shows }
}

function queries() {
  const held = Object.values(read('held.json').vp_token).map(([text]) => shown(text))
  const uri = 'https://rp.example/cb'
  const rows = table.map(([name, query, other], i) => {
    const file = `query.${String(i).padStart(2, '0')}.json`
    write(file, { client_id: `redirect_uri:${uri}`, response_type: 'vp_token', response_mode: 'direct_post', response_uri: uri, nonce: `N-${i}`, state: 's', dcql_query: query })
    return { file, name, ...theirs(query, held), ...other }
  })
  write('queries.json', rows)
  const count = (outcome) => rows.filter((r) => r.outcome === outcome && !r.ours).length
  return [{ held: held.map(claimsOf), satisfied: count('satisfied'), unsatisfied: count('unsatisfied'), invalid: count('invalid') }, true]
}

const sorted = (o) => JSON.stringify(o, Object.keys(o).sort())
function judge() {
  const wrong = []
  let taken = 0
  for (const { file, name, outcome, ours, shows } of read('queries.json')) {
    if (outcome !== 'satisfied' || ours) continue
    const dcqlQuery = DcqlQuery.parse(read(file).dcql_query)
    const answer = Object.fromEntries(Object.entries(read(file.replace('query', 'answer')).vp_token).map(([id, texts]) => [id, texts.map(shown)]))
    const result = DcqlPresentationResult.fromDcqlPresentation(answer, { dcqlQuery })
    const got = Object.fromEntries(Object.entries(answer).map(([id, [one]]) => [id, claimsOf(one)]))
    const exact = sorted(Object.fromEntries(Object.entries(got).map(([k, v]) => [k, sorted(v)]))) === sorted(Object.fromEntries(Object.entries(shows).map(([k, v]) => [k, sorted(v)])))
    if (result.can_be_satisfied && exact) taken++
    else wrong.push({ name, taken: result.can_be_satisfied, got, shows })
  }
  return [{ taken, wrong }, wrong.length === 0]
}

const [report, good] = { queries, judge }[verb]()
console.log(JSON.stringify(report))
process.exit(good ? 0 : 1)
