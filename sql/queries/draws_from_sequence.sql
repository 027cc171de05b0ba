-- An expression for tables_altered_by_command.sql and guarded_tables_without_sequence.sql: whether
-- a column of table c, or of a partitioned table above it, whose rows include its rows, may draw
-- from a sequence: by its own default (nextval has OID 1574), as an identity column, or by its
-- domain's default.
--
-- It does without EXISTS, which the planner may turn into a scan of all of pg_attrdef and
-- pg_attribute, for each command.
coalesce(
    (SELECT true FROM pg_catalog.pg_attrdef d
      WHERE d.adrelid OPERATOR(pg_catalog.=) c.oid
        AND d.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
      LIMIT 1),
    (SELECT true FROM pg_catalog.pg_attribute a
      WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
        AND a.attidentity OPERATOR(pg_catalog.<>) '' AND NOT a.attisdropped
      LIMIT 1),
    (SELECT true FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid AND y.typtype OPERATOR(pg_catalog.=) 'd'
      WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
        AND NOT a.atthasdef AND NOT a.attisdropped
        AND y.typdefaultbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
      LIMIT 1),
    (SELECT true FROM pg_catalog.pg_partition_ancestors(c.oid) p(relation)
       JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) p.relation
      WHERE c.relispartition AND d.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
      LIMIT 1),
    (SELECT true FROM pg_catalog.pg_partition_ancestors(c.oid) p(relation)
       JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) p.relation
      WHERE c.relispartition AND a.attnum OPERATOR(pg_catalog.>) 0
        AND a.attidentity OPERATOR(pg_catalog.<>) '' AND NOT a.attisdropped
      LIMIT 1),
    false)
