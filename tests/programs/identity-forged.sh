#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Providers that forge, stall, are wrong or broken: nothing is believed that they did not sign for this request, the failure says what is
# wrong and whose turn it is, and a secret goes nowhere but to an endpoint of the provider.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
client() { "$SINBUN_BUILDDIR/tests/lib/identity-client" "$here/root" "$@"; }
mode() { echo "$1" >mode.new && mv mode.new mode; }

mkfifo in out.port
"$SINBUN_BUILDDIR/tests/lib/forging-provider" <in >out.port &
exec 7>in
read -r -t 30 port <out.port
base=http://127.0.0.1:$port
mode '{}'
mkdir -p root/providers.d
echo a-secret >root/secret
printf '%s\n' 'label.ko = 시험 인증' 'label.en = a test provider' 'kind = ciba' "issuer = $base" 'client-id = client' 'client-auth = client_secret_basic' \
	'client-secret-file = ../secret' 'timeout = 60' >root/providers.d/p.conf
# For those that never answer.
sed 's/^timeout.*/timeout = 1/' root/providers.d/p.conf >root/providers.d/q.conf
who() { case $1 in *stall*) who=q ;; *) who=p ;; esac; }
echo '{"name":"홍시험","birth_date":"19900101","phone":"010-0000-1234"}' >hong.json
who=p
start() { client start $who hong.json request; }
poll() { jq -c '.next_poll = 0' request >now && mv now request && client poll $who hong.json request; }

# --- a good one, so that what follows is refused for its own reason ---
wants 0 start
cp request begun
wants 0 poll
says '.state == "done" and .sub == "subject"'
[ "$(grep -c '^GET /jwks' requests)" = 1 ] || complain "the keys were fetched $(grep -c '^GET /jwks' requests) times"
[ "$(grep -c '^Authorization: Basic' requests)" = 2 ] || complain "the secret was sent $(grep -c ^Authorization: requests) times"

# --- id_tokens: rule, then what is forged ---
forged=0
while read -r rule forgery; do
	mode "$forgery"
	cp begun request
	wants 1 poll
	says ".error == \"id_token\" and .rule == \"$rule\" and .field == \"p\" and (has(\"sub\") | not)"
	forged=$((forged + 1))
done <<'END'
algorithm {"sign":"none"}
algorithm {"sign":"none","header":{"alg":"None"}}
algorithm {"sign":"none","header":{"alg":"nOnE","kid":null}}
algorithm {"sign":"hmac"}
algorithm {"header":{"alg":"ES384"}}
algorithm {"header":{"alg":null}}
algorithm {"header":{"alg":["ES256"]}}
form {"sign":"empty"}
form {"header":{"crit":["exp"]}}
form {"header":{"crit":[]}}
form {"header":{"b64":false,"crit":["b64"]}}
form {"header":{"typ":"at+jwt"}}
form {"header":{"typ":"logout+jwt"}}
form {"header":{"typ":7}}
signature {"sign":"cut"}
signature {"sign":"stranger"}
signature {"sign":"stranger","keys":["good","stranger"]}
key {"sign":"stranger","header":{"kid":"s"}}
key {"header":{"kid":"../../etc/passwd"}}
key {"header":{"alg":"RS256"}}
key {"header":{"alg":"EdDSA"}}
key {"keys":[]}
key {"keys":[{"kty":"EC","crv":"P-256","kid":"g","x":"AA","y":"AA"}]}
key {"keys":[7,null,"bare"]}
key {"sign":"stranger","header":{"kid":"x","jwk":{"kty":"EC"}},"keys":["good"]}
key {"keys":["bare","stranger"],"header":{"kid":null}}
signature {"sign":"hmac","header":{"alg":"ES256"}}
issuer {"claims":{"iss":"https://elsewhere.example"}}
issuer {"claims":{"iss":null}}
issuer {"claims":{"iss":["a"]}}
audience {"claims":{"aud":"another"}}
audience {"claims":{"aud":null}}
audience {"claims":{"aud":[]}}
audience {"claims":{"aud":["client","another"]}}
audience {"claims":{"aud":["client","another"],"azp":"client"}}
audience {"claims":{"aud":"client ","azp":"client"}}
audience {"claims":{"azp":"another"}}
audience {"claims":{"azp":7}}
form {"claims":{"sub":null}}
form {"claims":{"sub":""}}
form {"claims":{"sub":7}}
expired {"times":{"exp":-61}}
expired {"claims":{"exp":null}}
expired {"claims":{"exp":"9999999999"}}
issued {"times":{"iat":-3600}}
issued {"times":{"iat":200}}
issued {"claims":{"iat":null}}
issued {"times":{"nbf":200}}
issued {"claims":{"nbf":"x"}}
binding {"claims":{"nonce":"of another request"}}
binding {"claims":{"nonce":7}}
binding {"claims":{"urn:openid:params:jwt:claim:auth_req_id":"request-2"}}
binding {"claims":{"at_hash":"AAAAAAAAAAAAAAAAAAAAAA"}}
binding {"claims":{"at_hash":7}}
END
[ "$forged" = 54 ] || complain "$forged forgeries, not 54"
echo "refused: $forged forged id_tokens"
# Near them, and good.
while read -r fine; do
	mode "$fine"
	cp begun request
	wants 0 poll
	says '.state == "done"'
done <<'END'
{"claims":{"aud":["client"],"azp":"client"}}
{"claims":{"nonce":null}}
{"header":{"typ":"JWT"}}
{"header":{"kid":null},"keys":["bare"]}
{"keys":["stranger","good"]}
{"times":{"exp":-20,"iat":-20}}
{"claims":{"urn:openid:params:jwt:claim:auth_req_id":"request-1"}}
{"claims":{"at_hash":"oFYf1knNtrqnhAVfBRuteQ"},"token":{"access_token":"access"}}
END
# A token that was given to somebody before, in the answer to this request.
mode '{}'
cp begun request
jq -c '.started += 7200 | .expires += 7200' begun >request
wants 1 poll
says '.error == "id_token" and .rule == "issued"'

# --- whom it says it is ---
mode '{"claims":{"name":null},"userinfo":{"name":"홍시험","sub":"another"}}'
cp begun request
wants 8 poll
says '.error == "provider_error"'
mode '{"claims":{"name":null}}'
cp begun request
wants 4 poll
says '.error == "mismatch" and .field == "name" and .rule == "absent"'
mode '{"claims":{"name":null},"userinfo":{"name":"홍시험"}}'
cp begun request
wants 0 poll
says '.name == "홍시험"'
mode '{"claims":{"name":"홍시함","phone_number":"010-9999-9999"}}'
cp begun request
wants 4 poll
says '.error == "mismatch" and .field == "name" and (.message | contains("name, phone number")) and (.message | contains("9999") | not)'

# --- answers that are none; whose request stands ---
while read -r code error answer; do
	mode "$answer"
	who "$answer"
	cp begun request
	wants "$code" poll
	says ".error == \"$error\" and .field == \"$who\""
	case $answer in *endless*) says '.message | contains("too large")' ;; esac
done <<'END'
8 network {"at":"/token","status":500}
8 network {"at":"/token","status":503,"raw":"<html>"}
8 network {"at":"/token","stall":true}
8 network {"at":"/jwks","stall":true}
8 network {"at":"/jwks","status":502}
8 provider_error {"at":"/jwks","raw":"{}"}
8 provider_error {"at":"/jwks","raw":"{\"keys\":7}"}
8 provider_error {"at":"/token","raw":"<html>"}
8 provider_error {"at":"/token","raw":"[]"}
8 provider_error {"at":"/token","raw":"{\"id_token\":\"a\",\"id_token\":\"b\"}"}
8 provider_error {"at":"/token","endless":true}
8 provider_error {"token":{"id_token":null}}
8 provider_error {"token":{"id_token":7}}
8 provider_error {"at":"/token","status":400,"raw":"{}"}
8 provider_error {"at":"/token","status":400,"raw":"{\"error\":\"invalid_request\",\"error_description\":\"\\u001b[31m\"}"}
8 provider_error {"at":"/token","status":302,"location":"http://127.0.0.1:1/"}
3 bad_provider {"at":"/token","status":401,"raw":"{\"error\":\"invalid_client\"}"}
1 denied {"at":"/token","status":400,"raw":"{\"error\":\"access_denied\"}"}
1 expired {"at":"/token","status":400,"raw":"{\"error\":\"expired_token\"}"}
1 expired {"at":"/token","status":400,"raw":"{\"error\":\"invalid_grant\"}"}
END
! grep -q $'\e' out || complain "an escape reaches the terminal"
for answer in '{"at":"/token","status":429,"raw":"<html>"}' '{"at":"/token","status":400,"raw":"{\"error\":\"slow_down\"}"}'; do
	mode "$answer"
	cp begun request
	wants 0 poll
	says '.state == "slow_down" and .interval == 6'
done

# --- answers to the first request ---
while read -r code error answer; do
	mode "$answer"
	who "$answer"
	rm -f request
	: >requests
	wants "$code" start
	says ".error == \"$error\" and .field == \"$who\""
	[ ! -e request ] || complain "a request is kept after $answer"
	case $answer in *metadata* | *openid-configuration*) ! grep -q Authorization requests || complain "the secret was sent after $answer" ;; esac
done <<'END'
3 bad_provider {"metadata":{"issuer":"http://127.0.0.1/"}}
3 bad_provider {"metadata":{"issuer":null}}
3 bad_provider {"metadata":{"token_endpoint":"http://elsewhere.example/token"}}
3 bad_provider {"metadata":{"token_endpoint":"http://127.0.0.1@elsewhere.example/token"}}
3 bad_provider {"metadata":{"token_endpoint":"http://127.0.0.1.elsewhere.example/token"}}
3 bad_provider {"metadata":{"token_endpoint":"file:///etc/passwd"}}
3 bad_provider {"metadata":{"jwks_uri":null}}
3 bad_provider {"metadata":{"backchannel_authentication_endpoint":7}}
3 bad_provider {"metadata":{"backchannel_token_delivery_modes_supported":["ping","push"]}}
3 bad_provider {"metadata":{"backchannel_token_delivery_modes_supported":null}}
3 bad_provider {"metadata":{"token_endpoint_auth_methods_supported":["private_key_jwt"]}}
3 bad_provider {"metadata":{"id_token_signing_alg_values_supported":["none","HS256"]}}
8 provider_error {"at":"/.well-known/openid-configuration","status":404,"raw":"{}"}
8 provider_error {"at":"/.well-known/openid-configuration","raw":"not found"}
8 provider_error {"at":"/.well-known/openid-configuration","endless":true}
8 provider_error {"at":"/.well-known/openid-configuration","status":302,"location":"http://127.0.0.1:1/"}
8 network {"at":"/.well-known/openid-configuration","stall":true}
8 provider_error {"request":{"auth_req_id":null}}
8 provider_error {"request":{"auth_req_id":""}}
8 provider_error {"request":{"auth_req_id":"a\nb"}}
8 provider_error {"request":{"expires_in":0}}
8 provider_error {"request":{"expires_in":"100"}}
8 provider_error {"request":{"interval":"5"}}
8 network {"at":"/bc","status":500}
8 network {"at":"/bc","status":429,"raw":"{}"}
4 unknown_person {"at":"/bc","status":400,"raw":"{\"error\":\"unknown_user_id\"}"}
1 denied {"at":"/bc","status":403,"raw":"{\"error\":\"access_denied\"}"}
3 bad_provider {"at":"/bc","status":400,"raw":"{\"error\":\"unauthorized_client\"}"}
END
mode '{"request":{"interval":0,"expires_in":99999}}'
wants 0 start
says '.interval == 1 and .life == 900'
mode '{"request":{"interval":99999}}'
wants 0 start
says '.interval == 60'

# --- entries that nobody is asked with ---
mode '{}'
: >requests
while read -r code error field person; do
	echo "$person" >entry.json
	wants "$code" client start p entry.json request
	says ".error == \"$error\" and .field == \"$field\""
done <<'END'
4 missing name {"birth_date":"19900101","phone":"010-0000-1234"}
4 missing name {"name":"  ","birth_date":"19900101","phone":"010-0000-1234"}
4 missing birth_date {"name":"홍시험","phone":"010-0000-1234"}
4 missing phone {"name":"홍시험","birth_date":"19900101"}
4 bad_birth_date birth_date {"name":"홍시험","birth_date":"900101","phone":"010-0000-1234"}
4 bad_birth_date birth_date {"name":"홍시험","birth_date":"1990/01/01","phone":"010-0000-1234"}
4 bad_phone phone {"name":"홍시험","birth_date":"19900101","phone":"02-000-1234"}
END
! grep -q ' /bc ' requests || complain "the provider was asked"
wants 4 client start p hong.json request "a message of more than twenty"
says '.error == "bad_message"'

# --- text messages: what a gateway answers ---
printf '%s\n' "url = $base/sms" 'username = user' 'password-file = secret' 'from = 15880000' 'timeout = 60' >root/sms.conf
: >requests
mode '{"at":"/sms","status":202,"raw":"0: Accepted for delivery"}'
wants 0 client sms 01000001234 '[신분] 인증번호 123456'
says '.queued == false'
tr -d '\r' <requests >sent
for line in '^POST /sms HTTP' '^X-Kannel-To: 01000001234$' '^X-Kannel-Coding: 2$' 'charset=UTF-8$' '^\[신분\] 인증번호 123456$'; do
	grep -q -- "$line" sent || complain "not sent: $line"
done
mode '{"at":"/sms","status":202,"raw":"3: Queued for later delivery"}'
wants 0 client sms 010-0000-1234 text
says '.queued == true'
while read -r code error answer; do
	mode "$answer"
	wants "$code" client sms 010-0000-1234 text
	says ".error == \"$error\" and .field == \"sms.conf\""
done <<'END'
3 sms_denied {"status":403,"raw":"Authorization failed for sendsms"}
3 sms_denied {"status":401,"raw":"no"}
8 sms_refused {"status":400,"raw":"Empty text\nnot allowed\u001b[31m"}
8 sms_refused {"status":404,"raw":"<html>"}
8 sms_busy {"status":503,"raw":"Temporal failure, try again later."}
END
sed -i 's/^timeout.*/timeout = 1/' root/sms.conf
mode '{"stall":true}'
wants 8 client sms 010-0000-1234 text
says '.error == "network" and (.message | contains("may have been sent"))'
mode '{}'
wants 4 client sms 010-000 text
says '.error == "bad_phone"'
wants 4 client sms 010-0000-1234 ''
says '.error == "bad_text"'
chmod 644 root/secret
wants 3 client sms 010-0000-1234 text
says '.error == "bad_sms_gateway" and (.message | contains("chmod 600"))'
wants 3 start
says '.error == "bad_provider" and (.message | contains("chmod 600"))'
chmod 600 root/secret

# --- nobody there ---
exec 7>&-
wait
wants 8 start
says '.error == "network" and .field == "p"'
wants 8 client sms 010-0000-1234 text
says '.error == "network" and .field == "sms.conf"'
rm root/sms.conf
wants 3 client sms 010-0000-1234 text
says '.error == "no_sms_gateway"'
finish
