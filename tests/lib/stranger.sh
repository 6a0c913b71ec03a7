# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of somebody who writes to registry.db and has not the issuer's token (bash, after programs.sh): a registry that publishes its list.
make_registry
mkdir -m755 published
printf 'status-dir = %s\n' "$here/published" >"$registry/registry.conf"
db=$registry/registry.db
write() { sqlite3 "$db" "$1" || complain "sqlite3: $1"; }
# keep NAME / use NAME: the registry and what its token knows, put aside and put back.
keep() { sqlite3 "$db" 'pragma wal_checkpoint(truncate)' >/dev/null && cp "$db" "$1" && rm -rf "$1.tokens" && cp -a "$registry/tokens" "$1.tokens"; }
use() {
	rm -rf "$db" "$db-wal" "$db-shm" "$registry/tokens"
	cp "$1" "$db" && chmod 600 "$db" && cp -a "$1.tokens" "$registry/tokens"
}
