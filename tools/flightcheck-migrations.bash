# Sourced by flightcheck-migrations, and part of it where that is installed: where each migration tool
# has its migrations, in which order, and which of them are pending.
# shellcheck shell=bash disable=SC2154  # variables of the script that sources this

# first_file FOLDER PATTERN: prints one of the files whose name matches.
first_file() { find -L "$1" -maxdepth 1 ! -type d -name "$2" -print -quit 2>/dev/null; }

# guess PATH: prints the tool whose project or folder this is.
guess() {
  local path=$1
  if [[ -f $path ]]; then
    echo plain
  elif [[ -e $path/manage.py ]]; then
    echo django
  elif [[ -e $path/alembic.ini ]]; then
    echo alembic
  elif [[ -e $path/config/application.rb || -d $path/db/migrate ]]; then
    echo rails
  elif [[ -e $path/migration_lock.toml || -e $path/schema.prisma || -e $path/migrations/migration_lock.toml ||
    -e $path/prisma/schema.prisma || -e $path/prisma/migrations/migration_lock.toml ]]; then
    echo prisma
  elif [[ -e $path/atlas.sum ]]; then
    echo atlas
  elif [[ -n $(find -L "$path" -mindepth 2 -maxdepth 2 -name up.sql -print -quit) ]]; then
    echo diesel
  elif [[ -n $(first_file "$path" 'V[0-9]*__*.sql') ]]; then
    echo flyway
  elif [[ -n $(first_file "$path" '*.up.sql') ]]; then
    if [[ -n $(applied_table _sqlx_migrations) ]]; then echo sqlx; else echo golang-migrate; fi
  elif grep -qsx -- '-- +goose Up[[:space:]]*' "$path"/*.sql || grep -qs 'goose\.Add[A-Za-z]*Migration' "$path"/*.go; then
    echo goose
  elif grep -qsE -- '^-- \+migrate Up' "$path"/*.sql; then
    echo sql-migrate
  elif grep -qsE -- '^--[[:space:]]*migrate:up' "$path"/*.sql; then
    echo dbmate
  elif [[ -n $(applied_table _sqlx_migrations) ]]; then
    echo sqlx
  else
    echo plain
  fi
}

# applied_table NAME: prints the table with this name in the copy, if there is one.
applied_table() {
  in_copy -v name="${table:-$1}" <<'END' 2>/dev/null
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND :'name' IN (c.relname, n.nspname || '.' || c.relname)
 ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname LIMIT 1;
END
}

# applied NAME QUERY: prints the versions that the tool's table NAME has; `TABLE` in the query stands
# for it.
applied() {
  local found
  found=$(applied_table "$1")
  [[ -z $found ]] || in_copy -c "${2//TABLE/$found}" 2>"$folder/error" || fail "could not read $found: $(<"$folder/error")"
}

# versions TOOL: prints the versions that are applied.
versions() {
  case $1 in
    atlas) applied atlas_schema_revisions 'SELECT version FROM TABLE WHERE applied = total' ;;
    dbmate | rails) applied schema_migrations 'SELECT version FROM TABLE' ;;
    diesel) applied __diesel_schema_migrations 'SELECT version FROM TABLE' ;;
    flyway) applied flyway_schema_history 'SELECT version FROM TABLE WHERE success AND version IS NOT NULL' ;;
    golang-migrate) applied schema_migrations 'SELECT version FROM TABLE' ;;
    goose) applied goose_db_version 'SELECT version_id FROM (SELECT DISTINCT ON (version_id) * FROM TABLE ORDER BY version_id, id DESC) v WHERE is_applied' ;;
    node-pg-migrate) applied pgmigrations 'SELECT name FROM TABLE' ;;
    prisma) applied _prisma_migrations 'SELECT migration_name FROM TABLE WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL' ;;
    refinery) applied refinery_schema_history 'SELECT version FROM TABLE' ;;
    sql-migrate) applied gorp_migrations 'SELECT id FROM TABLE' ;;
    sqlx) applied _sqlx_migrations 'SELECT version FROM TABLE WHERE success' ;;
    tern) applied schema_version 'SELECT version FROM TABLE' ;;
  esac
}

# version_of TOOL PATH: prints the version as the tool's table has it.
version_of() {
  local name=${2##*/} parts
  case $1 in
    prisma) name=${2%/migration.sql} name=${name##*/} ;;
    diesel) name=${2%/up.sql} name=${name##*/} name=${name%%_*} name=${name//-/} ;;
    flyway)
      name=${name#V} name=${name%%__*}
      # 1_02 and 1.2 are the same version.
      IFS=._ read -r -a parts <<<"$name"
      name=$(printf '%s.' "${parts[@]}" | sed -E 's/(^|\.)0+([0-9])/\1\2/g')
      name=${name%.}
      ;;
    refinery) name=${name#[VU]} name=${name%%__*} ;;
    sql-migrate) ;;
    node-pg-migrate) name=${name%.*} ;;
    atlas | dbmate) name=${name%%_*} name=${name%.sql} ;;
    golang-migrate | goose | sqlx | tern) name=${name%%_*} name=$((10#${name//[!0-9]/})) ;;
  esac
  printf '%s' "$name"
}

# Files with code of a migration that is not SQL.
is_code=(-name '*.go')
for extension in cjs cts groovy java js kt mjs mts php pl ps1 py rb rs scala sh ts; do is_code+=(-o -name "*.$extension"); done

# files TOOL PATH: prints the files of the tool in its order, each with a null byte at its end.
files() {
  local path=$2 file is_sql=(-name '*.sql' ! -name '*.down.sql' ! -name '*.rollback.sql')
  if [[ -f $path ]]; then printf '%s\0' "$path"; return; fi
  case $1 in
    prisma)
      for file in prisma/migrations migrations; do
        if [[ -d $path/$file ]]; then path=$path/$file; break; fi
      done
      find -L "$path" -mindepth 2 -maxdepth 2 -name migration.sql -print0 | LC_ALL=C sort -z
      ;;
    diesel) find -L "$path" -mindepth 2 -maxdepth 2 -name up.sql -print0 | LC_ALL=C sort -z ;;
    flyway)
      find -L "$path" ! -type d -name 'V[0-9]*__*' \( -name '*.sql' -o "${is_code[@]}" \) -print0 | while IFS= read -r -d '' file; do
        printf '%s\t%s\0' "$(version_of flyway "$file")" "$file"
      done | LC_ALL=C sort -zV | while IFS= read -r -d '' file; do printf '%s\0' "${file#*$'\t'}"; done &&
        find -L "$path" ! -type d -name 'R__*' \( -name '*.sql' -o "${is_code[@]}" \) -print0 | LC_ALL=C sort -z
      ;;
    golang-migrate) find -L "$path" -maxdepth 1 ! -type d -name '*.up.sql' -print0 | LC_ALL=C sort -zV ;;
    sqlx) find -L "$path" -maxdepth 1 ! -type d -name '*.sql' ! -name '*.down.sql' -print0 | LC_ALL=C sort -zV ;;
    refinery)
      find -L "$path" -maxdepth 1 ! -type d -name '[VU]*__*' \( -name '*.sql' -o "${is_code[@]}" \) -print0 | LC_ALL=C sort -zV
      ;;
    goose | node-pg-migrate | plain)
      if [[ $1 == plain ]]; then is_sql[0]=-iname; fi
      find -L "$path" -maxdepth 1 ! -type d \
        \( "${is_sql[@]}" -o -name '[0-9]*' ! -name '*_test.go' ! -name '*.d.ts' \( "${is_code[@]}" \) \) -print0 | LC_ALL=C sort -zV
      ;;
    *) find -L "$path" -maxdepth 1 ! -type d "${is_sql[@]}" -print0 | LC_ALL=C sort -zV ;;
  esac
}

# is_newer VERSION OTHER: whether VERSION is the later one of the two.
is_newer() { [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | LC_ALL=C sort -V | tail -n 1) == "$1" ]]; }

# Sets the array `pending` to the files that the tool has still to run.
find_pending() {
  local file version newest='' baseline='' any=''
  local -A is_applied=()
  pending=()
  if [[ -z $all ]]; then
    versions "$1" >"$folder/versions"
    while IFS= read -r version; do is_applied["v$version"]=yes; done \
      < <(if [[ $1 == flyway ]]; then sed -E 's/(^|\.)0+([0-9])/\1\2/g' "$folder/versions"; else cat "$folder/versions"; fi)
    case $1 in
      golang-migrate | tern) newest=$(sort -n "$folder/versions" | tail -n 1) ;;
      flyway)
        applied flyway_schema_history "SELECT version FROM TABLE t WHERE success AND to_jsonb(t) ->> 'type' LIKE '%BASELINE'" >"$folder/versions"
        baseline=$(sed -E 's/(^|\.)0+([0-9])/\1\2/g' "$folder/versions" | LC_ALL=C sort -V | tail -n 1)
        ;;
    esac
  fi
  files "$1" "$2" >"$folder/files" 2>"$folder/error" || fail "could not read $2: $(<"$folder/error")"
  while IFS= read -r -d '' file; do
    any=yes version=$(version_of "$1" "$file")
    if [[ -n $newest ]]; then
      ((version > newest)) || continue
    elif [[ -n $baseline && ${file##*/} == V* ]] && ! is_newer "$version" "$baseline"; then
      continue
    else
      [[ -z ${is_applied["v$version"]:-} ]] || continue
    fi
    pending+=("$file")
  done <"$folder/files"
  [[ -n $any ]] || none_found "$2" "$1"
}

# none_found PATH TOOL: fails, since a folder that has no migrations is probably not that of the
# project.
none_found() { fail "$1 has no migrations of the tool $2; name their folder, or the tool with --tool"; }

# Sets the variables by which a tool's command finds the copy. A service could name another one.
tool_environment() {
  local address host port user
  mapfile -t address < <(in_copy -c '\echo :HOST' -c '\echo :PORT' -c '\echo :USER')
  host=${address[0]:-} port=${address[1]:-} user=${address[2]:-}
  [[ -n $host && -n $port && -n $user ]] || exit
  unset PGSERVICE PGSERVICEFILE
  export PGDATABASE=$copy PGHOST=$host PGPORT=$port PGUSER=$user
  if [[ $host == /* ]]; then
    export DATABASE_URL="postgresql:///$copy?host=$host&port=$port&user=$user$1"
  else
    export DATABASE_URL="postgresql://$user@$host:$port/$copy${1:+?${1#&}}"
  fi
}

# call PATH URL-OPTIONS COMMAND...: runs a tool's command in its project; its standard output is
# that of the command.
call() {
  local path=$1 options=$2
  shift 2
  (
    tool_environment "$options"
    cd "$path" || exit
    # shellcheck disable=SC2294  # the command is one of the shell
    eval "$@"
  ) 2>"$folder/error"
}

# add NAME FILE MODE [STATUS MESSAGE]: adds a migration to the list. STATUS is its status if the SQL
# itself succeeds. Without FILE, it is unknown.
add() { names+=("$1") scripts+=("$2") modes+=("$3") otherwise+=("${4:-}") reasons+=("${5:-}"); }

add_django() {
  local manage=${run:-python3 manage.py} plan line name file
  plan=$(call "$1" '' "$manage showmigrations --plan") || fail "$manage failed: $(tail -n 3 "$folder/error")"
  while IFS= read -r line; do
    [[ $line =~ ^\[\ \]\ +([A-Za-z0-9_]+)\.([A-Za-z0-9_]+) ]] || { [[ -n $all && $line =~ ^\[X\]\ +([A-Za-z0-9_]+)\.([A-Za-z0-9_]+) ]] || continue; }
    name=${BASH_REMATCH[1]}.${BASH_REMATCH[2]} file=$folder/${#names[@]}.sql
    call "$1" '' "$manage sqlmigrate ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}" >"$file" ||
      fail "$manage sqlmigrate $name failed: $(tail -n 3 "$folder/error")"
    if grep -q 'THIS OPERATION CANNOT BE WRITTEN AS SQL' "$file"; then
      add "$name" "$file" django unknown "Django runs Python code, which is not part of the SQL"
    else
      add "$name" "$file" django
    fi
  done <<<"$plan"
  [[ $plan == *"[ ] "* || $plan == *"[X] "* ]] || none_found "$1" django
}

add_alembic() {
  local alembic=${run:-alembic} from file=$folder/${#names[@]}.sql
  from=$(applied alembic_version 'SELECT version_num FROM TABLE LIMIT 1') || exit 3
  [[ -z $all ]] || from=
  call "$1" '' "$alembic upgrade ${from:+$from:}head --sql" >"$file" || fail "$alembic failed: $(tail -n 3 "$folder/error")"
  if grep -q '^-- Running upgrade' "$file"; then
    add "alembic ${from:+$from:}head" "$file" alembic
  elif [[ -z $from ]]; then
    none_found "$1" alembic
  fi
}

# Rails migrations are programs: they run on a copy of the copy, and a hook writes their SQL.
add_rails() {
  local first=$copy file=$folder/${#names[@]}.sql failure=''
  cat >"$folder/hook.rb" <<'END'
# Writes the SQL that Active Record sends to a file, except for its own questions to the catalogs.
trace = TracePoint.new(:end) do |point|
  next unless point.self.is_a?(Module) && point.self.name == "ActiveSupport::Notifications"
  # Other files open the module before.
  next unless point.self.respond_to?(:notifier) && point.self.notifier
  trace.disable
  file = File.open(ENV.fetch("FLIGHTCHECK_SQL"), "a")
  file.sync = true
  ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
    sql = payload[:sql].to_s
    next if payload[:name] == "SCHEMA" || payload[:cached] || sql =~ /\A\s*(SELECT\s+pg_\w*advisory|SHOW|SET\s+client|\/\*)/i
    next if sql =~ /\A\s*SELECT\b/i && sql =~ /schema_migrations|ar_internal_metadata|pg_catalog|pg_class/
    file.puts(sql.strip.sub(/;?\z/, ";"))
  end
end
trace.enable
END
  : >"$file"
  new_copy "$first"
  RUBYOPT="${RUBYOPT:-} -r$folder/hook.rb" FLIGHTCHECK_SQL=$file DISABLE_SPRING=1 SCHEMA=$folder/schema.rb \
    call "$1" '&prepared_statements=false' "${run:-bin/rails db:migrate}" >"$folder/output" || {
    [[ -s $file ]] || fail "${run:-bin/rails db:migrate} failed: $(cat "$folder/output" "$folder/error" | tail -n 3)"
    failure=$(cat "$folder/output" "$folder/error" | grep -m 1 -E 'PG::|Error' || echo "the command failed")
  }
  copy=$first
  if [[ -s $file ]]; then
    add "rails db:migrate" "$file" autocommit "${failure:+failed}" "$failure"
  elif [[ -z $(versions rails) ]]; then
    none_found "$1" rails
  fi
}

# Fills the list of pending migrations for a path.
list() {
  local path=$1 file name its_tool=${tool:-$(guess "$1")} its_mode pending
  say "$path: $its_tool"
  case $its_tool in
    django) add_django "$path"; return ;;
    alembic) add_alembic "$path"; return ;;
    rails) add_rails "$path"; return ;;
    plain) its_mode= ;;
    *) its_mode=$its_tool ;;
  esac
  find_pending "$its_tool" "$path"
  for file in ${pending[@]+"${pending[@]}"}; do
    name=${file#"$path"/}
    if [[ $its_tool == prisma ]]; then name=${file%/migration.sql} name=${name##*/}; fi
    if [[ -d $path && ${file,,} != *.sql ]]; then
      add "$name" '' '' '' "its code is not SQL"
      continue
    fi
    # diesel says so in a file of its own, and runs it as one string.
    if [[ $its_tool == diesel ]] && grep -qsE 'run_in_transaction *= *false' "${file%up.sql}metadata.toml"; then
      add "$name" "$file" golang-migrate
    else
      add "$name" "$file" "$its_mode"
    fi
  done
}
