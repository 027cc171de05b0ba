# Sourced by the project's scripts: messages, folders, and the choice of PostgreSQL.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
[[ -z ${CARGO_TARGET_DIR:-} ]] || export CARGO_TARGET_DIR=$target
# shellcheck disable=SC2034  # for the scripts that source this
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
majors="15 16 17 18 19"

say() { printf '%s\n' "$@"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

has_headers() { [[ -f $("$1" --includedir-server 2>/dev/null)/postgres.h ]]; }
major_of() { "$1" --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p'; }
supported() { [[ " $majors " == *" $1 "* ]]; }

at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$2" ]]; }

# Prints the version of the cargo on PATH. Empty if there is none, or only rustup's without a
# toolchain.
cargo_version() { { cargo --version 2>/dev/null || true; } | cut -d ' ' -f 2; }
cargo_is_new_enough() { at_least "$(cargo_version)" "$(oldest_rust)"; }

# pg19_metadata KEY: prints a version of [workspace.metadata.pg19] in Cargo.toml.
pg19_metadata() { sed -n '/^\[workspace\.metadata\.pg19\]/,/^$/ s/^'"$1"' = "\(.*\)"$/\1/p' Cargo.toml; }

# Prints the oldest Rust that can build the extension for PostgreSQL $major.
oldest_rust() {
  if ((${major:-0} >= 19)); then pg19_metadata rust-version
  else sed -n '/^\[workspace\.package\]/,/^$/ s/^rust-version = "\(.*\)"$/\1/p' Cargo.toml
  fi
}

# Ensures that `cargo` is new enough. Tries the one on PATH; the one in rustup's folder, which is
# not on the PATH of a shell that was opened before the installation; and rustup's stable toolchain,
# in case another is the default.
find_rust() {
  local rustup_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
  cargo_is_new_enough && return
  if [[ -x $rustup_bin/cargo ]]; then PATH=$rustup_bin:$PATH; fi
  cargo_is_new_enough && return
  # rustup would download a toolchain that is not installed.
  { rustup toolchain list 2>/dev/null || true; } | grep -q '^stable' || return 1
  RUSTUP_TOOLCHAIN=stable cargo_is_new_enough || return 1
  export RUSTUP_TOOLCHAIN=stable
}

# Fails unless a Rust is installed that is new enough for PostgreSQL $major.
use_rust() {
  find_rust || die "Rust $(oldest_rust) or newer is not installed: run: make setup"
}

# pgrx_cargo COMMAND ARGUMENTS: runs cargo for the packages that use pgrx.
pgrx_cargo() {
  local manifest
  manifest=$(tools/workspace)
  cargo "$1" --manifest-path "$manifest" --target-dir "$target" "${@:2}"
}

# Prints PG_CONFIG if it is set, otherwise the first pg_config on PATH that has server headers,
# otherwise Debian's newest. Prints the one in the server's folder, so that cargo always sees the
# same path.
find_pg_config() {
  local candidate candidates=("${PG_CONFIG:-}") sibling
  if [[ -z ${PG_CONFIG:-} ]]; then
    mapfile -t candidates < <(type -aP pg_config; installed_pg_configs | sort -Vr)
  fi
  for candidate in "${candidates[@]}"; do
    command -v -- "$candidate" >/dev/null || continue
    if has_headers "$candidate" && supported "$(major_of "$candidate")"; then
      sibling=$("$candidate" --bindir)/pg_config
      if [[ -x $sibling ]]; then say "$sibling"; else command -v -- "$candidate"; fi
      return
    fi
  done
  return 1
}

# Prints the pg_config of each PostgreSQL that Debian's or PGDG's packages have installed, oldest
# first.
installed_pg_configs() { compgen -G '/usr/lib/postgresql/*/bin/pg_config' | sort -V || true; }

# Prints the pg_config of each supported major with server headers, one on a line; only PG_CONFIG if
# set.
every_pg_config() {
  local candidate found=''
  if [[ -z ${PG_CONFIG:-} ]]; then
    for candidate in $(installed_pg_configs); do
      if has_headers "$candidate" && supported "$(major_of "$candidate")"; then say "$candidate"; found=yes; fi
    done
  fi
  [[ -n $found ]] || find_pg_config || true
}

# Sets pg_config, major and package, for scripts that need an installed PostgreSQL.
use_postgres() {
  pg_config=$(find_pg_config) || die "${PG_CONFIG:-PostgreSQL}: no server headers of a supported version ($majors); run: make setup"
  major=$(major_of "$pg_config")
  # shellcheck disable=SC2034  # for the script that sources this
  package=$target/package/pg$major
}

# Runs a command as root, through sudo if necessary.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else die "needs root. As root, run: $*"
  fi
}

# Prints the path of PostgreSQL's test driver `pgxs/src/test/$1`: that of the chosen PostgreSQL if
# it runs (in some packages it does not), otherwise of any installed one, since it works with other
# majors.
test_driver() {
  local candidate
  for candidate in "$("$PG_CONFIG" --pkglibdir)/pgxs/src/test/$1" /usr/lib/postgresql/*/lib/pgxs/src/test/"$1"; do
    if "$candidate" --version >/dev/null 2>&1; then say "$candidate"; return; fi
  done
  die "could not find a working $1; run: apt-get install postgresql-server-dev-all"
}

# Says what becomes of databases that have the extension when its files are removed.
uninstall_notice() {
  cat <<'TEXT'
Databases that have the extension keep its objects, but can no longer use them:
- Its functions fail with: could not access file "$libdir/pg_flightcheck".
- Inserts into tables that the guard's triggers watch fail as well.
- Every connection fails if session_preload_libraries names the library.
In each database, run: DROP EXTENSION pg_flightcheck CASCADE;
CASCADE also drops the guard's triggers. It needs no library. Remove the library from the settings
that these list: SELECT * FROM pg_db_role_setting WHERE setconfig::text LIKE '%pg_flightcheck%';
                 SELECT * FROM pg_file_settings WHERE setting LIKE '%pg_flightcheck%';
TEXT
}
