-- Returns an integer constant in a pg_node_tree, also if it is cast to a wider type; otherwise NULL.
-- The bytes of a constant are those of a little-endian machine.
CREATE FUNCTION @extschema@.fc_tree_number(node text)
RETURNS bigint LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE m[1] WHEN '20' THEN v.all64
                 WHEN '23' THEN (v.all64 << 32) >> 32
                 WHEN '21' THEN (v.all64 << 48) >> 48 END
  FROM regexp_match(node, '^(?:\{FUNCEXPR :funcid (?:754|481|1782|1740|1781) [^{}()]*:args \()*\{CONST :consttype (\d+) [^{}\[]*:constvalue \d+ \[ ([-\d ]+)\]') m
 CROSS JOIN LATERAL (
    SELECT bit_or((b.byte::bigint & 255) << (8 * (b.place - 1)::int)) AS all64
      FROM unnest(string_to_array(btrim(m[2]), ' ')) WITH ORDINALITY b (byte, place)
     WHERE b.place <= 8) v
$fn$;
