# Every target works on a bare Debian machine, since `make setup` installs missing prerequisites.
# PG_CONFIG=/path/to/pg_config selects the PostgreSQL installation.

export PG_CONFIG DESTDIR KEEP WRITE ACCEPT LAYER

.PHONY: help setup all build docs demo test test-all bench install installcheck uninstall package portable release fmt lint clean
.NOTPARALLEL:

help:  ## print this list (the default)
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-17s %s\n", $$1, $$2 }'

setup:  ## install missing prerequisites: PostgreSQL with server headers, libclang, a C compiler, Rust
	@tools/setup

build: setup  ## build the extension for one PostgreSQL
	@tools/build

all: build  ## the same, as PGXN and PGXS call it

docs: setup  ## regenerate what is made from docs/advisory-locks.json, and docs/demo.svg
	@tools/docs

demo:  ## show a failed restore and its repair on a temporary server (KEEP=1 keeps the server)
	@demo/run

test:  ## run the tests (LAYER="unit setup pg_regress package isolation in_server cluster" selects layers; ACCEPT=1 accepts new output)
	@tools/setup --test
	@tools/test $(LAYER)

test-all:  ## run every test at full length, on each PostgreSQL that is installed
	@tools/setup --test
	@tools/test-all $(LAYER)

bench: build  ## compare seq_audit, the guard, fk_audit and db_snapshot with their alternatives (WRITE=1 writes bench/RESULTS.md)
	@bench/run

install:  ## build the extension and install it into PostgreSQL's directories, or below DESTDIR
	@tools/install --build

installcheck:  ## test the installed extension on a running server, which PGHOST, PGPORT and PGUSER choose
	@tools/installcheck

uninstall:  ## remove the installed extension, and say what that means for databases that have it
	@tools/install --remove

package:  ## create a .deb and a tarball with checksums in target/dist
	@tools/setup --package
	@tools/build
	@tools/package

portable:  ## render the portable edition, SQL files for servers that cannot install the extension, in target/portable
	@tools/setup
	@tools/render-portable

release:  ## check what a release of this commit needs; tools/release --tag also creates its tag
	@tools/release

fmt:  ## format the Rust code
	@bash -c 'source tools/lib.sh; use_rust; cargo fmt --all'

lint:  ## check the formatting, clippy's warnings and the shell scripts
	@tools/lint

clean:  ## remove the build output
	@bash -c 'source tools/lib.sh; rm -rf "$$target"'
