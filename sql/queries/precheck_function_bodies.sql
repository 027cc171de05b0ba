-- Returns the functions of users whose body is text that names all of $1, as whole words.
SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
 WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
   AND l.lanname OPERATOR(pg_catalog.<>) ALL ('{c,internal}'::pg_catalog.name[])
   AND p.prosqlbody IS NULL
   AND NOT EXISTS (
        SELECT FROM pg_catalog.unnest($1::pg_catalog.text[]) word
         WHERE pg_catalog.strpos(p.prosrc, word) OPERATOR(pg_catalog.=) 0
            OR p.prosrc OPERATOR(pg_catalog.!~) pg_catalog.concat(
                 '(^|[^[:alnum:]_$])', pg_catalog.regexp_replace(word, '([^[:alnum:]_])', E'\\\\\\1', 'g'),
                 '($|[^[:alnum:]_$])'
               )
       )
 ORDER BY 1
 LIMIT 20
