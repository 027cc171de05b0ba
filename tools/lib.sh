# Sourced by the project's scripts: messages, folders, and which PostgreSQL to work with.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
[[ -z ${CARGO_TARGET_DIR:-} ]] || export CARGO_TARGET_DIR=$target
# shellcheck disable=SC2034  # for the scripts that source this
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
majors="15 16 17 18"
# The oldest Rust that builds this.
rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

say() { printf '%s\n' "$@"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

has_headers() { [[ -f $("$1" --includedir-server 2>/dev/null)/postgres.h ]]; }
major_of() { "$1" --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'; }
supported() { [[ " $majors " == *" $1 "* ]]; }

at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]; }

# The version of the cargo that would run now. Empty if there is none, or if it is rustup's without a toolchain.
cargo_version() { { cargo --version 2>/dev/null || true; } | cut -d ' ' -f 2; }
cargo_is_new_enough() { at_least "$(cargo_version)" "$rust"; }

# Makes `cargo` one that is new enough: the one on PATH; that of rustup's own folder, which a shell that was opened before the
# installation does not have on its PATH; or rustup's stable toolchain, where another is the default.
find_rust() {
  local rustup_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
  cargo_is_new_enough && return
  if [[ -x $rustup_bin/cargo ]]; then PATH=$rustup_bin:$PATH; fi
  cargo_is_new_enough && return
  # Asked for a toolchain that it does not have, rustup would download it.
  { rustup toolchain list 2>/dev/null || true; } | grep -q '^stable' || return 1
  RUSTUP_TOOLCHAIN=stable cargo_is_new_enough || return 1
  export RUSTUP_TOOLCHAIN=stable
}

# For scripts that need a Rust to be there.
use_rust() {
  find_rust || die "no Rust that is new enough ($rust): run: make setup"
}

# PG_CONFIG if it is set, else the first pg_config on PATH that has server headers, else Debian's newest.
# Prints the one beside the server, so that cargo sees one path however it was called.
find_pg_config() {
  local candidate candidates=("${PG_CONFIG:-}") beside
  if [[ -z ${PG_CONFIG:-} ]]; then
    mapfile -t candidates < <(type -aP pg_config; installed_pg_configs | sort -Vr)
  fi
  for candidate in "${candidates[@]}"; do
    command -v -- "$candidate" >/dev/null || continue
    if has_headers "$candidate" && supported "$(major_of "$candidate")"; then
      beside=$("$candidate" --bindir)/pg_config
      if [[ -x $beside ]]; then say "$beside"; else command -v -- "$candidate"; fi
      return
    fi
  done
  return 1
}

# The pg_config of each PostgreSQL that Debian's or PGDG's packages have installed, oldest first.
installed_pg_configs() { compgen -G '/usr/lib/postgresql/*/bin/pg_config' | sort -V || true; }

# The pg_config of each supported major that has server headers here, a line each; only PG_CONFIG if it is set.
every_pg_config() {
  local candidate found=''
  if [[ -z ${PG_CONFIG:-} ]]; then
    for candidate in $(installed_pg_configs); do
      if has_headers "$candidate" && supported "$(major_of "$candidate")"; then say "$candidate"; found=yes; fi
    done
  fi
  [[ -n $found ]] || find_pg_config || true
}

# Sets pg_config, major and package for scripts that need a PostgreSQL to be there.
use_postgres() {
  pg_config=$(find_pg_config) || die "${PG_CONFIG:-PostgreSQL}: no server headers of a supported version ($majors); run: make setup"
  major=$(major_of "$pg_config")
  # shellcheck disable=SC2034  # for the script that sources this
  package=$target/package/pg$major
}

# Runs a command as root, through sudo if need be.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else die "needs root. As root, run: $*"
  fi
}

# PostgreSQL's own test driver `pgxs/src/test/$1`, which works with servers of other majors as well: that of the PostgreSQL
# at hand if it runs (some packages break it), else of any that is installed.
test_driver() {
  local candidate
  for candidate in "$("$PG_CONFIG" --pkglibdir)/pgxs/src/test/$1" /usr/lib/postgresql/*/lib/pgxs/src/test/"$1"; do
    if "$candidate" --version >/dev/null 2>&1; then say "$candidate"; return; fi
  done
  die "no $1 that runs; install: apt-get install postgresql-server-dev-all"
}
