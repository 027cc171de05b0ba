# Sourced by flightcheck-migrations, and part of it where that is installed: makes the copy of the
# database and drops it.
# shellcheck shell=bash disable=SC2154  # variables of the script that sources this

# Every connection names its database: that of a service (PGSERVICE) would come before PGDATABASE.
maintenance=${PGDATABASE:-postgres}
maintenance=${maintenance//\\/\\\\}
maintenance="dbname='${maintenance//\'/\\\'}'"

# in_copy ARGUMENTS: runs psql in the copy, without the user's settings.
in_copy() { wait_for psql -XqAtw -v ON_ERROR_STOP=1 -d "dbname=$copy" "$@"; }

# new_copy TEMPLATE: creates a database, and sets `copy` to its name, which needs no quotes.
new_copy() {
  copy=flightcheck_copy_$$_$RANDOM$RANDOM
  copies+=("$copy")
  wait_for psql -Xqw -v ON_ERROR_STOP=1 -v copy="$copy" -v template="$1" -d "$maintenance application_name=$copy" 2>"$folder/error" <<'END' ||
CREATE DATABASE :"copy" TEMPLATE :"template";
END
    fail "could not create the copy: $(<"$folder/error")"
  # A connection pooler can lead to another database than the one that is named.
  in_copy -c 'SELECT pg_catalog.current_database()' >"$folder/database" 2>"$folder/error" ||
    fail "could not connect to the copy: $(<"$folder/error")"
  [[ $(<"$folder/database") == "$copy" ]] || fail "a connection to the copy leads to database $(<"$folder/database")"
}

# shellcheck disable=SC2317  # reached through the trap
drop_copies() {
  local copy
  for copy in ${copies[@]+"${copies[@]}"}; do
    if [[ -n $keep ]]; then
      printf 'the copy is kept: %s\n' "$copy" >&2
      continue
    fi
    # A backend that still creates the database goes on without its client.
    psql -Xqw -d "$maintenance" \
      -c "SELECT pg_catalog.pg_terminate_backend(pid, 60000) FROM pg_catalog.pg_stat_activity WHERE application_name = '$copy'" \
      -c "DROP DATABASE IF EXISTS $copy WITH (FORCE)" >/dev/null 2>"$folder/drop" ||
      printf '%s: could not drop database %s: %s\n' "${0##*/}" "$copy" "$(<"$folder/drop")" >&2
  done
}

make_copy() {
  local ok=yes
  is_archive=
  if [[ -n $template ]]; then
    new_copy "$template"
    return
  fi
  if [[ -n $source ]]; then
    dump=$folder/dump
    wait_for pg_dump -w -Fc -f "$dump" -d "$source" 2>"$folder/error" || fail "could not dump the database: $(<"$folder/error")"
  fi
  if [[ -d $dump || $(head -c 5 -- "$dump" | tr -d '\0') == PGDMP ]] || pg_restore -l -- "$dump" >/dev/null 2>&1; then
    is_archive=yes
  elif grep -qaE '^\\(c|connect)[[:space:]]' -- "$dump"; then
    fail "could not restore the dump: it connects to a database of its own; dump it without --create"
  fi
  new_copy template0
  if [[ -n $is_archive ]]; then
    wait_for pg_restore -w --exit-on-error -d "dbname=$copy" -- "$dump" >/dev/null 2>"$folder/error" || ok=
  else
    in_copy -f "$dump" >/dev/null 2>"$folder/error" || ok=
  fi
  [[ -n $ok ]] || fail "could not restore the dump: $(<"$folder/error")"
}

# Sets `schema` to that of the extension, which is created in a schema of its own if it is missing.
make_extension() {
  schema=$(in_copy 2>"$folder/error" <<'END'
SELECT count(*) = 0 AS is_missing FROM pg_catalog.pg_extension WHERE extname = 'pg_flightcheck' \gset
\if :is_missing
CREATE SCHEMA flightcheck_copy;
CREATE EXTENSION pg_flightcheck SCHEMA flightcheck_copy;
\endif
SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_flightcheck';
END
  ) || fail "could not create the extension in the copy: $(<"$folder/error")"
  [[ -n $schema ]] || fail "could not create the extension in the copy"
}

# Gives the copy the owner, privileges and settings of the database, which neither CREATE DATABASE
# nor pg_restore does.
copy_properties() {
  if [[ -n $template ]]; then
    properties -d "$maintenance" -v database="$template" >"$folder/properties" 2>"$folder/error"
  elif [[ -n $is_archive ]]; then
    properties_of_archive >"$folder/properties" 2>"$folder/error"
  else
    return 0
  fi || fail "could not read the properties of the database: $(<"$folder/error")"
  wait_for psql -Xqw -d "$maintenance" -f "$folder/properties" >/dev/null 2>"$folder/error" ||
    fail "could not set the properties of the copy: $(<"$folder/error")"
  # Such as a role that this server does not have.
  sed -n 's/^.*ERROR:  \(.*\)/the copy lacks a property of the database: \1/p' "$folder/error" >&2
}

# properties ARGUMENTS: prints the statements that give the copy the properties of a database. FROM
# CURRENT keeps the form of a setting's value, which can be a list.
properties() {
  wait_for psql -XqAtw -v ON_ERROR_STOP=1 -v copy="$copy" "$@" <<'END'
SET search_path = pg_catalog, pg_temp;
SELECT format('ALTER DATABASE %I OWNER TO %I;', :'copy', pg_get_userbyid(datdba)) FROM pg_database WHERE datname = :'database';
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I;', :'copy', pg_get_userbyid(datdba))
  FROM pg_database WHERE datname = :'database' AND datacl IS NOT NULL;
SELECT format('GRANT %s ON DATABASE %I TO %s%s;', privilege_type, :'copy', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
              CASE WHEN is_grantable AND grantee <> datdba THEN ' WITH GRANT OPTION' END)
  FROM pg_database CROSS JOIN aclexplode(datacl) WHERE datname = :'database';
SELECT format(E'BEGIN;\nSELECT pg_catalog.set_config(%L, %L, true);\nALTER %s %I SET %I FROM CURRENT;\nCOMMIT;', split_part(c, '=', 1), substr(c, strpos(c, '=') + 1),
              CASE setrole WHEN 0 THEN 'DATABASE' ELSE format('ROLE %I IN DATABASE', pg_get_userbyid(setrole)) END, :'copy', split_part(c, '=', 1))
  FROM pg_db_role_setting CROSS JOIN unnest(setconfig) c
 WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = :'database')
   AND lower(split_part(c, '=', 1)) NOT IN ('role', 'session_authorization');
END
}

# Prints the statements of an archive that concern the database itself, for the copy.
properties_of_archive() {
  local name line
  pg_restore -C -l -- "$dump" | grep -E '^[0-9]+; [0-9]+ [0-9]+ (DATABASE|DATABASE PROPERTIES|ACL) - ' >"$folder/list" || return 0
  pg_restore -C -L "$folder/list" -f "$folder/all" -- "$dump" || return
  name=$(sed -n 's/^CREATE DATABASE \(.*\) WITH TEMPLATE = .*$/\1/p' "$folder/all")
  [[ -n $name ]] || return 0
  while IFS= read -r line; do
    case $line in
      "ALTER DATABASE $name OWNER TO "* | "ALTER DATABASE $name SET "* | "ALTER ROLE "*" IN DATABASE $name SET "* | \
        "GRANT "*" ON DATABASE $name TO "* | "REVOKE "*" ON DATABASE $name FROM "*)
        printf '%s\n' "${line/" DATABASE $name "/" DATABASE $copy "}"
        ;;
    esac
  done <"$folder/all"
}
