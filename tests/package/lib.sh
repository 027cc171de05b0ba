# Sourced by the tests of packages.
# shellcheck shell=bash

# use DATABASE: uses each module in a new database.
use() {
  local output
  createdb "$1"
  output=$(psql -qAtX -d "$1" -f tests/package/use.sql 2>&1) || true
  [[ $output == *$'\nused' ]] || die "the installed extension does not work: $output"
}
