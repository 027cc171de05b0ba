-- Returns a text constant in a pg_node_tree, without the header of four bytes; NULL for anything
-- else.
CREATE FUNCTION @extschema@.fc_tree_text(node text)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT convert_from(decode(coalesce(string_agg(lpad(to_hex(b.byte::int & 255), 2, '0'), '' ORDER BY b.place)
                                    FILTER (WHERE b.place > 4), ''), 'hex'), getdatabaseencoding())
  FROM regexp_match(node, '^\{CONST [^{}\[]*:constvalue \d+ \[ ([-\d ]+)\]') m
 CROSS JOIN LATERAL unnest(string_to_array(btrim(m[1]), ' ')) WITH ORDINALITY b (byte, place)
 GROUP BY m
$fn$;
