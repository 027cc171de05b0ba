# Sourced by tools/with-stage and scripts that run inside it: a temporary server.
# shellcheck shell=bash
: "${STAGE_DIR:?run this through tools/with-stage}"

as_server() {
  if [[ -z $SERVER_USER ]]; then (cd "$STAGE_DIR" && "$@")
  else (cd "$STAGE_DIR" && setpriv --reuid="$SERVER_USER" --regid="$(id -g "$SERVER_USER")" --init-groups -- "$@")
  fi
}

template() { say "$DATA_TEMPLATES/pg$(major_of "$PG_CONFIG")"; }

# Runs initdb for the data directory that servers are copied from, unless it exists.
make_template() {
  local made
  made=$(template)
  [[ ! -d $made ]] || return 0
  mkdir -p "$DATA_TEMPLATES"
  [[ -z $SERVER_USER ]] || chown "$SERVER_USER:" "$DATA_TEMPLATES"
  as_server "${PG_CONFIG%/*}/initdb" -D "$made.new" --no-locale -E UTF8 -A trust -U postgres --no-sync >"$STAGE_DIR/initdb.log" 2>&1 ||
    { cat "$STAGE_DIR/initdb.log" >&2; return 1; }
  mv "$made.new" "$made"
}

# shellcheck disable=SC2120  # settings are for some callers
# start_server [SETTING ...]: starts a server and points clients to it. It is stopped with the
# stage.
start_server() {
  local bin=${PG_CONFIG%/*}
  export PGHOST=$STAGE_DIR PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
  as_server cp -a "$(template)" "$STAGE_DIR/data"
  {
    printf "unix_socket_directories = '%s'\nlisten_addresses = ''\nfsync = off\nmax_wal_size = 2GB\n" "$STAGE_DIR"
    printf "lc_messages = 'C'\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nautovacuum_naptime = 1h\n"
    if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; fi
  } >>"$STAGE_DIR/data/postgresql.conf"
  as_server "$bin/pg_ctl" -D "$STAGE_DIR/data" -l "$STAGE_DIR/log" -w -s start ||
    { cat "$STAGE_DIR/log" >&2; return 1; }
}
