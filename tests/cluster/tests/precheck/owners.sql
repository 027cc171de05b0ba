-- Objects of the owner's, in addition to those of foreign_keys/hostile_owner.sql. Sequences count
-- the runs of the trap, since an undone subtransaction does not undo them: `runs` each run, `harm`
-- those with the privileges of the caller, who may read public.secret.
SET search_path = evil, pg_catalog;
CREATE SEQUENCE evil.runs;
CREATE SEQUENCE evil.harm;
GRANT USAGE ON SEQUENCE evil.runs, evil.harm TO PUBLIC;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE TABLE evil.bait_log (who text);
GRANT INSERT ON evil.bait_log TO PUBLIC;
CREATE OR REPLACE FUNCTION evil.trap() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_catalog.nextval('evil.runs');
    BEGIN
        PERFORM FROM public.secret;
        PERFORM pg_catalog.nextval('evil.harm');
        RAISE NOTICE 'TRAPPED';
        INSERT INTO evil.bait_log VALUES (CURRENT_USER);
        ALTER ROLE evil SUPERUSER;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'ran without rights: %', SQLERRM;
    END;
END $$;

-- A cast that acts without calling a further function.
CREATE OR REPLACE FUNCTION evil.to_json(evil.mood) RETURNS json LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM pg_catalog.setval('public.victim', 99); RETURN '"mood"'; END $$;

CREATE DOMAIN evil.dom AS int CHECK (evil.yes(VALUE));
CREATE DOMAIN evil.folded_dom AS int CHECK (evil.number(1) = 1);
CREATE DOMAIN evil.outer_dom AS evil.dom;
CREATE DOMAIN evil.solo AS int;
CREATE TABLE evil.solos (s evil.solo);
INSERT INTO evil.solos VALUES (1);
CREATE TYPE evil.comp AS (d evil.dom, t text);
CREATE TYPE evil.nested AS (c evil.comp, ds evil.dom[]);
CREATE DOMAIN evil.comp_dom AS evil.comp CHECK (evil.yes((VALUE).d));
CREATE TYPE evil.rng AS RANGE (SUBTYPE = evil.dom);
CREATE TABLE evil.lits (d evil.dom, o evil.outer_dom, ds evil.dom[], c evil.comp, cs evil.comp[], n evil.nested, cd evil.comp_dom, r evil.rng, t text);
CREATE VIEW evil.trap_view AS SELECT evil.number(1) AS n;
GRANT SELECT ON evil.trap_view TO PUBLIC;
-- Functions of the server's that call the owner's code, or act by themselves.
CREATE DOMAIN evil.json_dom AS evil.mood CHECK (pg_catalog.to_json(VALUE) IS NOT NULL);
CREATE DOMAIN evil.built_dom AS evil.mood CHECK (pg_catalog.jsonb_build_array(VALUE) IS NOT NULL);
CREATE DOMAIN evil.xml_dom AS int CHECK (pg_catalog.length(pg_catalog.query_to_xml('SELECT evil.number(1)', false, false, '')::text) > 0);
CREATE DOMAIN evil.view_dom AS int CHECK (pg_catalog.length(pg_catalog.table_to_xml('evil.trap_view', false, false, '')::text) > 0);
CREATE DOMAIN evil.acting_dom AS int CHECK (pg_catalog.setval('public.victim', 99) > 0);
CREATE DOMAIN evil.setting_dom AS int CHECK (pg_catalog.set_config('session_replication_role', 'replica', false) IS NOT NULL);
CREATE DOMAIN evil.inlined_dom AS int CHECK (evil.sql_number(VALUE) IS NOT NULL);
CREATE TABLE evil.sly (j evil.json_dom[], b evil.built_dom[], x evil.xml_dom[], v evil.view_dom[], a evil.acting_dom[], s evil.setting_dom[], i evil.inlined_dom[]);

CREATE FUNCTION evil.takes(evil.dom[]) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.trap(); RETURN 1; END $$;
CREATE FUNCTION evil.defaulted(a int, ds evil.dom[] DEFAULT '{1}') RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN 1; END $$;
CREATE FUNCTION evil.rows() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN NEXT 1; END $$;
CREATE PROCEDURE evil.acts() LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); END $$;
CREATE FUNCTION evil.plus(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN $1; END $$;
CREATE AGGREGATE evil.total(int) (SFUNC = evil.plus, STYPE = int, INITCOND = '0');
CREATE TABLE evil.checked_later (id int);
ALTER TABLE evil.checked_later ADD CONSTRAINT later CHECK (evil.yes(id)) NOT VALID;
CREATE TABLE evil.by_range (id int, n int) PARTITION BY RANGE (id);
CREATE TABLE evil.by_range_rest PARTITION OF evil.by_range DEFAULT;
-- The server simplifies the key whenever it reads it.
CREATE TABLE evil.by_folded (id int) PARTITION BY RANGE ((id + evil.number(1)));
CREATE TABLE evil.by_folded_rest PARTITION OF evil.by_folded FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE TABLE evil.by_domain (id evil.dom) PARTITION BY LIST (id);
CREATE TABLE evil.by_domain_rest PARTITION OF evil.by_domain DEFAULT;
CREATE TABLE evil.candidate (id evil.dom, CHECK (evil.yes(id)));
CREATE TABLE evil.candidate_range (id int, n int, CHECK (evil.yes(id)));
CREATE MATERIALIZED VIEW evil.kept AS SELECT evil.number(1) AS n WITH NO DATA;
CREATE TABLE evil.feeling (mood evil.mood);
INSERT INTO evil.feeling VALUES ('good');
CREATE VIEW evil.ruled AS SELECT 1 AS n;
CREATE RULE ins AS ON INSERT TO evil.ruled DO INSTEAD SELECT evil.trap();
INSERT INTO evil.by_range VALUES (1, 1), (5, 5);
INSERT INTO evil.by_domain VALUES (1), (2);
INSERT INTO evil.lits (d) VALUES (1), (2);
INSERT INTO evil.checked_later VALUES (1);
INSERT INTO evil.candidate VALUES (1);
INSERT INTO evil.candidate_range VALUES (1);
GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC;
