-- What a session's statement does: 0 reads, 1 unclear, 2 writes, 3 changes the schema.
CREATE FUNCTION @extschema@.fc_statement_effect(query text) RETURNS int
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN @extschema@.fc_without_comments(query) = '' AND query ~ '\S' THEN 1 ELSE (
  SELECT coalesce(max(CASE
      WHEN w.first = 'vacuum' THEN 1
      WHEN w.first IN ('alter', 'create', 'drop', 'comment', 'grant', 'revoke', 'truncate', 'reindex', 'cluster', 'repack',
                       'refresh', 'security', 'lock', 'reassign', 'import') THEN 3
      WHEN w.first IN ('insert', 'update', 'delete', 'merge', 'do', 'call')
           OR w.first = 'with' AND s.text ~ '\m(insert|update|delete|merge)\M'
           OR w.first = 'explain' AND s.text ~ '\m(analyze|analyse)\M' AND s.text ~ '\m(insert|update|delete|merge)\M'
           OR w.first = 'copy' AND s.text ~ '\mfrom\M'
           OR w.first IN ('select', 'with') AND s.text ~ '\minto\M' THEN 2
      WHEN s.text = '' THEN 0
      WHEN w.first IN ('select', 'with', 'table', 'values', 'show', 'set', 'reset', 'begin', 'start', 'commit', 'end',
                       'rollback', 'abort', 'savepoint', 'release', 'discard', 'listen', 'unlisten', 'notify', 'declare',
                       'close', 'explain', 'copy', 'prepare', 'deallocate', 'load')
           AND NOT EXISTS (
             SELECT FROM regexp_matches(s.text, '(\mpg_catalog\.|\.)?("|[[:alnum:]_]*)\s*\(', 'g') c (call)
              WHERE c.call[2] = '"'
                 OR c.call[2] <> ''
                    AND c.call[2] <> ALL ('{advisory_lock_report,advisory_lock_terminate,db_assert,db_compare,db_snapshot,fk_audit,fk_precheck,flightcheck,flightcheck_report,flightcheck_summary,migration_assert,migration_precheck,migration_report,migration_rehearse,migration_statements,seq_assert,seq_audit,seq_guard_status}'::text[])
                    AND (c.call[1] = '.'
                         OR c.call[2] !~ '^(pg_|json|array_|regexp_|to_|date_|string_)'
                            AND c.call[2] <> ALL ('{abs,age,all,and,any,array,as,avg,between,bool_and,bool_or,by,cardinality,case,cast,ceil,char,clock_timestamp,coalesce,concat,concat_ws,count,cube,current_database,current_schema,current_setting,currval,dense_rank,distinct,else,except,exists,explain,extract,filter,first_value,floor,format,from,generate_series,greatest,group,has_schema_privilege,has_table_privilege,having,host,in,intersect,join,lag,last_value,lateral,lead,least,left,length,lower,max,md5,min,mod,not,now,nullif,numeric,obj_description,on,or,over,partition,position,quote_ident,quote_literal,rank,replace,right,rollup,round,row,row_number,select,some,split_part,strpos,substring,sum,then,timezone,trim,union,unnest,upper,using,values,varchar,version,when,where,with,within}'::text[])))
      THEN 0
      ELSE 1 END), 0)
    FROM unnest(@extschema@.fc_statements(query)) s (text)
   CROSS JOIN LATERAL (SELECT substring(s.text FROM '^[a-z]*')) w (first)) END
$fn$;
