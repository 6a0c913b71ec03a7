// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026 the sinbun authors
// A token by pkcs11js, for pkcs11js.sh: pkcs11js.mjs MODULE[,MODULE…] LABEL KEY-ID list|sign [PIN-FILE]. `sign` reads a line before each further
// signature, and ends with the lines.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import p from 'pkcs11js'

const [modules, label, id, what, pinFile] = process.argv.slice(2)

function open(path) {
	const module = new p.PKCS11()
	module.load(path)
	try {
		module.C_Initialize()
	} catch (error) {
		if (error.code !== p.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error // two of one file are one
	}
	const slot = module.C_GetSlotList(true).find(s => module.C_GetTokenInfo(s).label.trim() === label)
	if (!slot) throw new Error(`no token ${label}`)
	const session = module.C_OpenSession(slot, p.CKF_SERIAL_SESSION | p.CKF_RW_SESSION)
	if (pinFile)
		try {
			module.C_Login(session, p.CKU_USER, readFileSync(pinFile, 'ascii').trim())
		} catch (error) {
			if (error.code !== p.CKR_USER_ALREADY_LOGGED_IN) throw error
		}
	return { module, session, slot }
}

function find({ module, session }, template) {
	const found = []
	module.C_FindObjectsInit(session, template)
	for (let object; (object = module.C_FindObjects(session)); ) found.push(object)
	module.C_FindObjectsFinal(session)
	return found
}

const attribute = ({ module, session }, object, type) => module.C_GetAttributeValue(session, object, [{ type }])[0].value

function list(token) {
	console.log('mechanisms:', token.module.C_GetMechanismList(token.slot).length)
	for (const object of find(token, [])) {
		const kind = attribute(token, object, p.CKA_CLASS).readUInt32LE()
		console.log('object:', kind, attribute(token, object, p.CKA_LABEL).toString())
	}
}

// Signed by the token, whole and by its hash; verified by Node with the key of the certificate.
function sign(token) {
	const of = kind => find(token, [{ type: p.CKA_CLASS, value: kind }, { type: p.CKA_ID, value: Buffer.from(id, 'hex') }])
	const [key] = of(p.CKO_PRIVATE_KEY)
	const [certificate] = of(p.CKO_CERTIFICATE)
	const message = token.module.C_GenerateRandom(token.session, Buffer.alloc(100))
	const by = (mechanism, data) => {
		token.module.C_SignInit(token.session, { mechanism }, key)
		return token.module.C_Sign(token.session, data, Buffer.alloc(200))
	}
	const der = attribute(token, certificate, p.CKA_VALUE)
	const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
	const publicKey = { key: createPublicKey(pem), dsaEncoding: 'ieee-p1363' }
	const whole = by(p.CKM_ECDSA_SHA256, message)
	const hashed = by(p.CKM_ECDSA, createHash('sha256').update(message).digest())
	for (const signature of [whole, hashed])
		if (!verify('sha256', message, publicKey, signature)) throw new Error('not verified')
	if (verify('sha256', Buffer.concat([message, Buffer.from('.')]), publicKey, whole)) throw new Error('another message verified')
	console.log('signed and verified')
}

try {
	const tokens = modules.split(',').map(open)
	for (const token of tokens) what === 'list' ? list(token) : sign(token)
	for await (const _ of createInterface({ input: process.stdin })) tokens.forEach(sign)
	for (const { module, session } of tokens) module.C_CloseSession(session)
} catch (error) {
	console.error(error.name === 'Error' ? error.message : `${error.name} ${error.message}`)
	process.exit(1)
}
