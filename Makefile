# Everything here works as the first command on a bare Debian machine: what is missing, `make setup` installs.
# PG_CONFIG=/path/to/pg_config chooses the PostgreSQL.

export PG_CONFIG DESTDIR KEEP WRITE ACCEPT LAYER

.PHONY: help setup build docs demo test test-all bench install uninstall package fmt lint clean
.NOTPARALLEL:

help:  ## print this list (the default)
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-17s %s\n", $$1, $$2 }'

setup:  ## install what is missing: PostgreSQL with server headers, libclang, a C compiler, Rust
	@tools/setup

build: setup  ## build the extension for one PostgreSQL
	@tools/build

docs: setup  ## write what is generated from docs/advisory-locks.json
	@tools/docs

demo:  ## play a restore that went wrong, and its repair, on a throwaway server (KEEP=1 keeps it)
	@demo/run

test:  ## run the tests (LAYER="unit setup pg_regress isolation in_server cluster" chooses; ACCEPT=1 takes new output)
	@tools/setup --test
	@tools/test $(LAYER)

test-all:  ## run every test at full length, on each PostgreSQL that is installed
	@tools/setup --test
	@tools/test-all $(LAYER)

bench: build  ## measure seq_audit, the guard, fk_audit and db_snapshot beside what one would do without them (WRITE=1 writes bench/RESULTS.md)
	@bench/run

install: build  ## put the extension into PostgreSQL's folders (DESTDIR is honoured)
	@tools/install

uninstall:  ## take it out again
	@tools/install --remove

package: build  ## make a tarball that unpacks at /
	@tools/package

fmt:  ## format the Rust code
	@bash -c 'source tools/lib.sh; use_rust; cargo fmt --all'

lint:  ## check format, clippy without warnings, shell scripts
	@tools/lint

clean:  ## remove what was built
	@bash -c 'source tools/lib.sh; rm -rf "$$target"'
