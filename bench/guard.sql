-- The table, unlogged since the disk is not measured; procedures that insert in a loop; and for the
-- variant `plpgsql`, a guard as one would write it by hand.
CREATE UNLOGGED TABLE t (id bigserial PRIMARY KEY, note text);
CREATE PROCEDURE insert_default(n integer) LANGUAGE plpgsql AS $$
BEGIN FOR i IN 1 .. n LOOP INSERT INTO t (note) VALUES ('row'); END LOOP; END $$;
CREATE PROCEDURE insert_explicit(n integer) LANGUAGE plpgsql AS $$
BEGIN FOR i IN 1 .. n LOOP INSERT INTO t (id, note) VALUES (-i, 'row'); END LOOP; END $$;

\if :plpgsql
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(id) FROM t) > (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM t_id_seq) THEN
        RAISE WARNING 'sequence t_id_seq is behind';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION guard();
\endif
