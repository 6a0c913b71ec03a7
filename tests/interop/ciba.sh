#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Simple authentication with the certified OpenID provider of npm (package.json, pinned): every way of proving who asks, every signature, approval,
# refusal, time-out, slow_down, the wrong person, a person it does not know, a secret that is wrong. Needs node 18 and a registry that npm reaches.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/npm.sh"
needs_npm
. "$SINBUN_SRCDIR/tests/lib/provider.sh"
client() { "$SINBUN_BUILDDIR/tests/lib/identity-client" "$here/root" "$@"; }

mkdir -p root/providers.d
client key >jwk.json
# One of the two keys of the client "jwt" is in the issuer's token.
make_registry
token() { "$SINBUN_BUILDDIR/tests/lib/token-client" --registry "$registry" --module "$SINBUN_MODULE" --json "$@" --pin-fd 4 4<<<issuer-passphrase; }
wants 0 token key 'sign in'
jq -c '.jwk + {kid: "token"}' out >token.json
jq -sc '[.[0] + {kid: "file"}, .[1]]' jwk.json token.json >jwks.json
begin() { provider_begin jwks.json "$1" && port=$provider_port; }
begin userinfo
phone() { on_phone "$@"; }

echo 's e:c%r+t' >root/secret
echo 'another' >root/wrong-secret
# provider NAME CLIENT METHOD [LINE…]
provider() { provider_settings "root/providers.d/$1.conf" ciba "${@:2}"; }
provider basic basic client_secret_basic 'client-secret-file = ../secret'
provider post post client_secret_post 'client-secret-file = ../secret'
provider es es client_secret_post 'client-secret-file = ../secret'
provider ed ed client_secret_post 'client-secret-file = ../secret'
provider jwt jwt private_key_jwt 'client-key = pkcs11:object=provider%20key'
provider wrong basic client_secret_basic 'client-secret-file = ../wrong-secret'
provider plain nobody client_secret_post 'client-secret-file = ../secret'
wants 0 client providers
says '[.providers[].id] == ["basic", "ed", "es", "jwt", "plain", "post", "wrong"] and .providers[3].key == "provider key"'

echo '{"name":"홍 시험","birth_date":"19900101","phone":"01000001234"}' >hong.json
echo '{"name":"홍시험","birth_date":"19900102","phone":"010-0000-1234"}' >unknown.json
# Polls at once, where a person would wait for the interval.
poll() { jq -c '.next_poll = 0' request >now && mv now request && client poll "$1" "${2:-hong.json}" request; }

# --- approval, with each way to prove who asks and each signature ---
for p in basic post es ed jwt; do
	wants 0 client start $p hong.json request "확인 번호 17"
	says '.interval == 5 and .life == 120'
	phone seen
	jq -e '.login_hint == {name: "홍 시험", birthdate: "1990-01-01", phone_number: "+821000001234"} and .binding_message == "확인 번호 17" and
		.requested_expiry == "180" and .scope == "openid profile phone"' <<<"$answer" >/dev/null || complain "$p was asked: $answer"
	# Not before the interval is over: nobody is asked.
	wants 0 client poll $p hong.json request
	says '.state == "pending"'
	wants 0 poll $p
	says '.state == "pending" and .interval == 5'
	phone approve
	cp request kept
	wants 0 poll $p
	says '.state == "done" and .sub == "hong" and .name == "홍시험" and .birth_date == "1990-01-01" and .phone == "+82 10-0000-1234" and (.token | length) == 43'
	# Once and no more.
	mv kept request
	wants 1 poll $p
	says '.error == "expired" and .rule == "unknown" and .field == "'$p'"'
done

# --- who asks is proved by the issuer's token ---
mkdir "$registry/providers.d"
printf '%s\n' "$(sed '/^client-key/d' root/providers.d/jwt.conf)" 'client-key = pkcs11:token=issuer;object=sign%20in' 'client-key-id = token' \
	>"$registry/providers.d/jwt.conf"
wants 0 token ask jwt hong.json token-request
says '.state == "pending"'
phone approve
jq -c '.next_poll = 0' token-request >now && mv now token-request
wants 0 token ask jwt hong.json token-request
says '.state == "done"'
sed -i 's/^client-key-id.*/client-key-id = file/' "$registry/providers.d/jwt.conf"
rm token-request
wants 3 token ask jwt hong.json token-request
says '.error == "bad_provider" and (.message | contains("invalid_client"))'
sed -i 's/object=sign%20in/object=another/' "$registry/providers.d/jwt.conf"
wants 5 token ask jwt hong.json token-request
says '.error == "not_found" and .field == "another"'

# --- refusal ---
wants 0 client start basic hong.json request
phone deny
wants 1 poll basic
says '.error == "denied" and .field == "basic"'

# --- time-out: by our clock, and by the provider's ---
phone life 1
wants 0 client start basic hong.json request
says '.life == 1'
sleep 2
wants 1 poll basic
says '.error == "expired"'
jq -c '.expires += 100' request >later && mv later request
wants 1 poll basic
says '.error == "expired"'
phone life 120

# --- too fast ---
phone slow on
wants 0 client start basic hong.json request
wants 0 poll basic
says '.state == "pending" and .interval == 5'
wants 0 poll basic
says '.state == "slow_down" and .interval == 10'
wants 0 poll basic
says '.interval == 15'
jq -e '.next_poll >= .started + 15' request >/dev/null || complain "the next poll: $(cat request)"
phone slow off
phone approve
wants 0 poll basic
says '.state == "done"'

# --- another person than the one entered: named by field ---
wants 0 client start basic hong.json request
phone approve
cp request kept
jq -c '.name = "홍시함"' hong.json >other.json
wants 4 poll basic other.json
says '.error == "mismatch" and .field == "name" and (.message | contains("홍") | not)'
for row in 'birth_date 19910101' 'phone 01000001235'; do
	wants 0 client start basic hong.json request
	phone approve
	jq -c --arg k "${row% *}" --arg v "${row#* }" '.[$k] = $v' hong.json >other.json
	wants 4 poll basic other.json
	says ".error == \"mismatch\" and .field == \"${row% *}\""
done
wants 4 client start basic unknown.json request
says '.error == "unknown_person" and .field == "basic"'

# --- what whoever runs the service has wrong ---
wants 3 client start wrong hong.json request
says '.error == "bad_provider" and .field == "wrong" and (.message | contains("invalid_client"))'
wants 3 client start plain hong.json request
says '.error == "bad_provider"'
printf '%s\n' "$(sed '/^ca-file/d' root/providers.d/basic.conf)" >root/providers.d/system.conf
wants 8 client start system hong.json request
says '.error == "network" and (.message | contains("ca-file"))'
sed 's,127.0.0.1,localhost,' root/providers.d/basic.conf >root/providers.d/name.conf
wants 8 client start name hong.json request
says '.error == "network" and (.message | contains("ca-file"))'
sed "s,:$port,:$port/,; " root/providers.d/basic.conf >root/providers.d/slash.conf
wants 3 client start slash hong.json request
says '.error == "bad_provider" and (.message | contains("another issuer"))'
SINBUN_TEST_LANG=ko wants 3 client start wrong hong.json request
says '.message | startswith("시험 인증: ")'

# --- a request outlives the process, and the provider's absence ---
wants 0 client start jwt hong.json request
phone approve
provider_end
wants 8 poll jwt
says '.error == "network"'

# --- one that tells all of it in the id_token; our request is not one that it knows ---
begin id_token
provider jwt jwt private_key_jwt 'client-key = pkcs11:object=provider%20key'
provider post post client_secret_post 'client-secret-file = ../secret'
wants 1 poll jwt
says '.error == "expired" and .rule == "unknown"'
wants 0 client start post hong.json request
phone approve
wants 0 poll post
says '.state == "done" and .name == "홍시험" and .phone == "+82 10-0000-1234"'
provider_end
finish
