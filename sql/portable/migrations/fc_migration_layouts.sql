-- Returns the tables of migration tools, in the order in which a relation is compared with them, as
-- src/migrations/tools has them: which judge judges them, what they are for, what distinguishes
-- them (see src/migrations/layout.rs), the columns with the families of their types, and the
-- columns that are read.
CREATE FUNCTION @extschema@.fc_migration_layouts()
RETURNS TABLE (place int, judge text, tool text, part text, mark text, words text[], own_names text[], shared_names text[],
    columns text[], reads text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT l.place, l.judge, l.tool, l.part, l.mark, l.words::text[], l.own_names::text[], l.shared_names::text[], l.columns::text[], l.reads::text[]
  FROM (VALUES
       (1, 'prisma', 'Prisma Migrate', 'history', 'Columns', '{}', '{_prisma_migrations}', '{}', '{applied_steps_count:I,id:T,migration_name:T,started_at:t,finished_at:t,rolled_back_at:t,logs:T}', '{id,migration_name,started_at,finished_at,rolled_back_at,logs}'),
       (2, 'flyway', 'Flyway', 'history', 'Columns', '{}', '{flyway_schema_history}', '{schema_version}', '{installed_rank:I,version:T,description:T,type:T,script:T,installed_on:t,success:b}', '{installed_rank,version,description,type,script,installed_on,success}'),
       (3, 'liquibase', 'Liquibase', 'history', 'Columns', '{}', '{databasechangelog}', '{}', '{orderexecuted:I,id:T,author:T,filename:T,dateexecuted:t,exectype:T}', '{orderexecuted,id,author,filename}'),
       (4, 'liquibase', 'Liquibase', 'history', 'Columns', '{}', '{DATABASECHANGELOG}', '{}', '{ORDEREXECUTED:I,ID:T,AUTHOR:T,FILENAME:T,DATEEXECUTED:t,EXECTYPE:T}', '{ORDEREXECUTED,ID,AUTHOR,FILENAME}'),
       (5, 'liquibase', 'Liquibase', 'lock', 'Columns', '{}', '{databasechangeloglock}', '{}', '{lockgranted:t,id:I,locked:b,lockedby:T}', '{id,locked,lockgranted,lockedby}'),
       (6, 'liquibase', 'Liquibase', 'lock', 'Columns', '{}', '{DATABASECHANGELOGLOCK}', '{}', '{LOCKGRANTED:t,ID:I,LOCKED:b,LOCKEDBY:T}', '{ID,LOCKED,LOCKGRANTED,LOCKEDBY}'),
       (7, 'golang_migrate', 'golang-migrate', 'history', 'MigrationName', '{}', '{}', '{schema_migrations,schema_version,schema_versions}', '{dirty:b,version:B}', '{version,dirty}'),
       (8, 'knex', 'Knex', 'history', 'ColumnsAlone', '{}', '{knex_migrations}', '{}', '{migration_time:t,id:I,name:T,batch:I}', '{id,name}'),
       (9, 'knex', 'Knex', 'lock', 'ColumnsAlone', '{}', '{}', '{}', '{is_locked:I,index:I}', '{is_locked}'),
       (10, 'knex', 'Knex', 'lock', 'OwnName', '{}', '{knex_migrations_lock}', '{}', '{is_locked:I}', '{is_locked}'),
       (11, 'rails', 'Rails (ActiveRecord)', 'history', 'SharedName', '{}', '{}', '{schema_migrations}', '{version:T}', '{version}'),
       (12, 'rails', 'Rails (ActiveRecord)', 'metadata', 'OwnName', '{}', '{ar_internal_metadata}', '{}', '{key:T,value:T}', '{key,value}'),
       (13, 'sqlx', 'sqlx', 'history', 'Columns', '{}', '{_sqlx_migrations}', '{}', '{execution_time:B,version:B,description:T,installed_on:t,success:b,checksum:y}', '{version,description,installed_on,success}'),
       (14, 'goose', 'goose', 'history', 'Columns', '{}', '{goose_db_version}', '{}', '{is_applied:b,id:I,version_id:B,tstamp:t}', '{id,version_id,is_applied}'),
       (15, 'goose', 'goose', 'lock', 'Columns', '{}', '{goose_lock}', '{}', '{lease_expires_at:t,lock_id:B,locked:b,locked_at:t,locked_by:T}', '{lock_id,locked,locked_at,locked_by,lease_expires_at}'),
       (16, 'ef_core', 'EF Core', 'history', 'Columns', '{}', '{__EFMigrationsHistory}', '{}', '{MigrationId:T,ProductVersion:T}', '{MigrationId}'),
       (17, 'ef_core', 'EF Core', 'history', 'Columns', '{}', '{__ef_migrations_history}', '{}', '{migration_id:T,product_version:T}', '{migration_id}'),
       (18, 'evolve', 'Evolve', 'history', 'Columns', '{}', '{}', '{changelog}', '{installed_by:T,id:I,type:I,version:T,description:T,name:T,checksum:T,installed_on:t,success:b}', '{id,version,name,installed_on,success}'),
       (19, 'bun', 'bun', 'history', 'ColumnsAlone', '{}', '{bun_migrations}', '{}', '{migrated_at:t,id:I,name:T,group_id:I}', '{id,name}'),
       (20, 'bun', 'bun', 'lock', 'OwnName', '{}', '{bun_migration_locks}', '{}', '{id:I,table_name:T}', '{id,table_name}'),
       (21, 'yoyo', 'yoyo-migrations', 'history', 'ColumnsAlone', '{}', '{_yoyo_migration}', '{}', '{migration_hash:T,migration_id:T,applied_at_utc:t}', '{applied_at_utc,migration_id}'),
       (22, 'yoyo', 'yoyo-migrations', 'lock', 'OwnName', '{}', '{yoyo_lock}', '{}', '{locked:I,ctime:t,pid:I}', '{ctime,pid}'),
       (23, 'atlas', 'Atlas', 'history', 'Columns', '{}', '{atlas_schema_revisions}', '{}', '{partial_hashes:J,operator_version:T,version:T,description:T,type:I,applied:I,total:I,executed_at:t,execution_time:I,error:T,error_stmt:T,hash:T}', '{version,applied,total,executed_at,error}'),
       (24, 'pgroll', 'pgroll', 'history', 'Columns', '{}', '{}', '{}', '{resulting_schema:J,schema:N,name:T,migration:J,created_at:t,updated_at:t,parent:T,done:b}', '{schema,name,created_at,done}'),
       (25, 'gitlab', 'GitLab batched background migrations', 'history', 'OwnName', '{}', '{batched_background_migrations}', '{}', '{job_class_name:T,batch_class_name:T,table_name:T,column_name:T,id:I,status:I,updated_at:t}', '{id,status,job_class_name,table_name,column_name}'),
       (26, 'zitadel', 'Zitadel', 'history', 'Columns', '{}', '{}', '{}', '{in_tx_order:I,instance_id:T,aggregate_type:T,aggregate_id:T,event_type:T,sequence:B,revision:I,created_at:t,payload:J,creator:T,owner:T}', '{sequence,created_at,event_type,payload,instance_id,aggregate_type,aggregate_id}'),
       (27, 'version_only', 'Ecto', 'history', 'MigrationName', '{}', '{}', '{schema_migrations}', '{version:B,inserted_at:t}', '{version}'),
       (28, 'version_only', 'Django', 'history', 'OwnName', '{}', '{django_migrations}', '{}', '{app:T,id:I,name:T,applied:t}', '{id,app,name}'),
       (29, 'version_only', 'node-pg-migrate', 'history', 'MigrationName', '{}', '{pgmigrations}', '{}', '{run_on:t,id:I,name:T}', '{id,name}'),
       (30, 'version_only', 'Sequelize', 'history', 'OwnName', '{}', '{SequelizeMeta}', '{}', '{name:T}', '{name}'),
       (31, 'version_only', 'Drizzle', 'history', 'MigrationName', '{}', '{__drizzle_migrations}', '{}', '{applied_at:t,id:I,hash:T,created_at:B,name:T,version:I}', '{created_at,name}'),
       (32, 'version_only', 'Drizzle', 'history', 'MigrationName', '{}', '{__drizzle_migrations}', '{}', '{applied_at:t,id:I,hash:T,created_at:B,name:T}', '{created_at,name}'),
       (33, 'version_only', 'Drizzle', 'history', 'MigrationName', '{}', '{__drizzle_migrations}', '{}', '{id:I,hash:T,created_at:B}', '{created_at}'),
       (34, 'version_only', 'TypeORM', 'history', 'MigrationName', '{}', '{}', '{migrations}', '{id:I,timestamp:B,name:T}', '{timestamp,name}'),
       (35, 'version_only', 'Kysely', 'history', 'MigrationName', '{}', '{kysely_migration}', '{}', '{name:T,timestamp:T}', '{timestamp,name}'),
       (36, 'version_only', 'MikroORM', 'history', 'OwnName', '{}', '{mikro_orm_migrations}', '{}', '{id:I,name:T,executed_at:t}', '{id,name}'),
       (37, 'version_only', 'postgres-migrations', 'history', 'MigrationName', '{}', '{}', '{migrations}', '{id:I,name:T,hash:T,executed_at:t}', '{id,name}'),
       (38, 'version_only', 'graphile-migrate', 'history', 'ColumnsAlone', '{}', '{}', '{}', '{previous_hash:T,hash:T,filename:T,date:t}', '{filename}'),
       (39, 'version_only', 'Sqitch', 'history', 'Columns', '{}', '{}', '{changes}', '{planner_email:T,script_hash:T,change:T,project:T,committed_at:t}', '{committed_at,project,change}'),
       (40, 'version_only', 'Diesel', 'history', 'OwnName', '{}', '{__diesel_schema_migrations}', '{}', '{version:T,run_on:t}', '{version}'),
       (41, 'version_only', 'refinery', 'history', 'OwnName', '{}', '{refinery_schema_history}', '{}', '{version:I,name:T,applied_on:T,checksum:T}', '{version}'),
       (42, 'version_only', 'SeaORM', 'history', 'OwnName', '{}', '{seaql_migrations}', '{}', '{version:T,applied_at:B}', '{version}'),
       (43, 'version_only', 'Laravel', 'history', 'MigrationName', '{}', '{}', '{migrations}', '{id:I,migration:T,batch:I}', '{id,migration}'),
       (44, 'version_only', 'Doctrine', 'history', 'OwnName', '{}', '{doctrine_migration_versions}', '{}', '{version:T,executed_at:t,execution_time:I}', '{version}'),
       (45, 'version_only', 'Phinx', 'history', 'OwnName', '{}', '{phinxlog}', '{}', '{version:B,migration_name:T,start_time:t,end_time:t}', '{version}'),
       (46, 'version_only', 'Supabase CLI', 'history', 'Columns', '{}', '{}', '{schema_migrations}', '{statements:X,version:T,name:T}', '{version}'),
       (47, 'heads', 'Alembic', 'history', 'ColumnsAlone', '{}', '{alembic_version}', '{}', '{version_num:V32}', '{version_num}'),
       (48, 'heads', 'Alembic', 'history', 'NameWith', '{alembic,version}', '{alembic_version}', '{}', '{version_num:T}', '{version_num}')
       ) l (place, judge, tool, part, mark, words, own_names, shared_names, columns, reads)
$fn$;
