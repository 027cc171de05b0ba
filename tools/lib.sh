# Sourced by the project's scripts: messages, folders, and which PostgreSQL to work with.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
# shellcheck disable=SC2034  # for the scripts that source this
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
majors="15 16 17 18"

# rustup's own folder counts even in a shell that was opened before rustup was installed.
command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin

say() { printf '%s\n' "$@"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

has_headers() { [[ -f $("$1" --includedir-server 2>/dev/null)/postgres.h ]]; }
major_of() { "$1" --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'; }
supported() { [[ " $majors " == *" $1 "* ]]; }

# PG_CONFIG if it is set, else the first pg_config on PATH that has server headers, else Debian's newest.
# Prints the one beside the server, so that cargo sees one path however it was called.
find_pg_config() {
  local candidate candidates=("${PG_CONFIG:-}") beside
  if [[ -z ${PG_CONFIG:-} ]]; then
    mapfile -t candidates < <(type -aP pg_config; compgen -G '/usr/lib/postgresql/*/bin/pg_config' | sort -Vr)
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
  elif command -v sudo >/dev/null && sudo -- "$@"; then :
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
