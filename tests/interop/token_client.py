# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
"""A token by PyKCS11, for pykcs11.sh:
token_client.py MODULE[,MODULE…] LABEL KEY-ID list|sign [PIN-FILE]. `sign` reads a line before each further signature, and ends with the lines."""
import sys

import PyKCS11
from PyKCS11.LowLevel import (CKA_CLASS, CKA_ID, CKA_LABEL, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKM_ECDSA, CKM_ECDSA_SHA256, CKM_SHA256,
                              CKO_PRIVATE_KEY, CKO_PUBLIC_KEY)


def slot_of(module, label):
    for slot in module.getSlotList(tokenPresent=True):
        if module.getTokenInfo(slot).label.strip() == label:
            return slot
    sys.exit(f'no token {label}')


def show(module, session, label):
    info = module.getInfo()
    print('module:', info.libraryDescription.strip(), info.cryptokiVersion)
    print('mechanisms:', ' '.join(sorted(map(str, module.getMechanismList(slot_of(module, label))))))
    for thing in session.findObjects():
        kind, name = session.getAttributeValue(thing, [CKA_CLASS, CKA_LABEL])
        print('object:', PyKCS11.CKO[kind], name)


def sign(session, key_id):
    want = [(CKA_ID, bytes.fromhex(key_id))]
    [private] = session.findObjects(want + [(CKA_CLASS, CKO_PRIVATE_KEY)])
    [public] = session.findObjects(want + [(CKA_CLASS, CKO_PUBLIC_KEY)])
    message = bytes(session.generateRandom(100))
    digest = bytes(session.digest(message, PyKCS11.Mechanism(CKM_SHA256)))
    whole = session.sign(private, message, PyKCS11.Mechanism(CKM_ECDSA_SHA256))
    bare = session.sign(private, digest, PyKCS11.Mechanism(CKM_ECDSA))
    assert session.verify(public, message, whole, PyKCS11.Mechanism(CKM_ECDSA_SHA256)), 'not verified'
    assert session.verify(public, digest, bare, PyKCS11.Mechanism(CKM_ECDSA)), 'not verified'
    assert not session.verify(public, message + b'.', whole, PyKCS11.Mechanism(CKM_ECDSA_SHA256)), 'another message verified'
    print('signed and verified', flush=True)


def main():
    modules, label, key_id, what = sys.argv[1:5]
    open_sessions = []
    for path in modules.split(','):
        module = PyKCS11.PyKCS11Lib()
        module.load(path)
        session = module.openSession(slot_of(module, label), CKF_SERIAL_SESSION | CKF_RW_SESSION)
        if len(sys.argv) > 5:
            with open(sys.argv[5], encoding='ascii') as pin:
                try:
                    session.login(pin.read().strip())
                except PyKCS11.PyKCS11Error as error:
                    # Two modules of one file are one module.
                    if error.value != PyKCS11.CKR_USER_ALREADY_LOGGED_IN:
                        raise
        open_sessions.append((module, session))
    for module, session in open_sessions:
        if what == 'list':
            show(module, session, label)
        else:
            sign(session, key_id)
    for _ in sys.stdin:
        for _, session in open_sessions:
            sign(session, key_id)
    for _, session in open_sessions:
        session.closeSession()


main()
