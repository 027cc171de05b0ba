-- Scripts over the owner's objects, a line each. The first word is the verdict: `unknown`, or `fine`
-- for one that nothing prevents; `any` if it depends on the search_path, or on whether the server can
-- write XML. With a `+`, rows are asked whose table has the owner's code in indexes or the partition
-- key: planning runs it, without any role's privileges.
unknown INSERT INTO evil.lits (ds) VALUES ('{1}')
unknown INSERT INTO evil.lits (c) VALUES ('(1,a)')
unknown INSERT INTO evil.lits (cs) VALUES ('{"(1,a)"}')
unknown INSERT INTO evil.lits (n) VALUES ('("(1,a)","{2}")')
unknown INSERT INTO evil.lits (cd) VALUES ('(1,a)')
unknown INSERT INTO evil.lits (d) VALUES (1)
unknown INSERT INTO evil.lits (d) VALUES ('1')
unknown INSERT INTO evil.lits (o) VALUES (1)
unknown INSERT INTO evil.lits (r) VALUES ('[1,2)')
unknown INSERT INTO evil.lits (d) SELECT 1
unknown INSERT INTO evil.sly (j) VALUES ('{good}')
unknown INSERT INTO evil.sly (b) VALUES ('{good}')
unknown INSERT INTO evil.sly (x) VALUES ('{1}')
any INSERT INTO evil.sly (v) VALUES ('{1}')
unknown INSERT INTO evil.sly (a) VALUES ('{1}')
unknown INSERT INTO evil.sly (s) VALUES ('{1}')
unknown INSERT INTO evil.sly (i) VALUES ('{1}')
unknown SELECT '{1}'::evil.dom[]
unknown SELECT '(1,a)'::evil.comp
unknown SELECT '{good}'::evil.json_dom[]
unknown SELECT '{1}'::evil.acting_dom[]
unknown SELECT evil.takes('{1}')
unknown SELECT evil.defaulted(1)
unknown SELECT * FROM evil.lits WHERE ds = '{1}'
unknown VALUES ('{1}'::evil.dom[])
unknown UPDATE evil.lits SET ds = '{2}'
unknown UPDATE evil.lits SET d = 3
unknown UPDATE evil.lits SET d = d + 1
unknown UPDATE evil.lits SET t = 'x' WHERE c = '(1,a)'::evil.comp
unknown DELETE FROM evil.lits WHERE ds = '{1}'
unknown SELECT evil.number(1)
unknown SELECT evil.sql_number(1)
unknown SELECT evil.definer(1)
unknown SELECT evil.total(id) FROM evil.indexed
unknown SELECT * FROM evil.rows()
unknown SELECT 1 LIMIT evil.number(1)
unknown SELECT * FROM evil.indexed TABLESAMPLE bernoulli (evil.number(1))
fine SELECT * FROM evil.view
fine SELECT * FROM evil.trap_view
unknown DELETE FROM evil.hidden
unknown INSERT INTO evil.ruled VALUES (1)
unknown INSERT INTO evil.hidden_parent VALUES (9)
unknown UPDATE evil.hidden SET id = id
unknown INSERT INTO evil.hidden (id) VALUES (1)
unknown INSERT INTO evil.bait VALUES (1)
unknown+ INSERT INTO evil.parted VALUES (1, 1)
unknown INSERT INTO evil.by_domain VALUES (3)
unknown INSERT INTO evil.domained VALUES (2)
unknown INSERT INTO evil.checked VALUES (1)
unknown INSERT INTO evil.predicated_parent VALUES (5) ON CONFLICT (id) WHERE evil.yes(2) DO NOTHING
unknown MERGE INTO evil.lits USING evil.indexed ON d = id WHEN MATCHED THEN UPDATE SET d = evil.number(1)
unknown ALTER TABLE evil.indexed ADD CHECK (evil.yes(id))
unknown ALTER TABLE evil.indexed ADD CHECK (id::evil.dom > 0)
unknown ALTER TABLE evil.lits ADD CHECK (t::evil.dom[] IS NULL)
unknown ALTER TABLE evil.lits ADD CHECK (ds <> '{7}')
fine+ ALTER TABLE evil.indexed ADD CHECK (id < 100)
unknown ALTER TABLE evil.indexed ADD CHECK (id OPERATOR(evil.=) 1)
fine ALTER TABLE evil.predicated ALTER id DROP NOT NULL
fine ALTER TABLE evil.checked ADD UNIQUE (id)
unknown ALTER TABLE evil.checked_later VALIDATE CONSTRAINT later
unknown ALTER TABLE evil.indexed ADD EXCLUDE (id WITH OPERATOR(evil.=))
unknown CREATE INDEX ON evil.indexed ((evil.number(id)))
unknown CREATE INDEX ON evil.checked (id) WHERE evil.yes(id)
unknown CREATE UNIQUE INDEX ON evil.checked (id) WHERE evil.yes(1)
fine+ CREATE UNIQUE INDEX ON evil.parted_leaf (id)
unknown ALTER TABLE evil.indexed ALTER COLUMN n TYPE bigint USING evil.number(n)
unknown ALTER TABLE evil.lits ALTER COLUMN t TYPE evil.dom USING t::evil.dom
unknown ALTER TABLE evil.lits ALTER COLUMN t TYPE evil.dom[] USING t::evil.dom[]
unknown ALTER TABLE evil.indexed ALTER COLUMN n TYPE evil.dom
unknown ALTER TABLE evil.feeling ALTER COLUMN mood TYPE text
unknown ALTER TABLE evil.indexed ADD COLUMN x evil.dom DEFAULT 1
unknown ALTER TABLE evil.indexed ADD COLUMN x evil.dom[] DEFAULT '{1}'
unknown ALTER TABLE evil.indexed ADD COLUMN x int DEFAULT evil.number(1)
unknown ALTER TABLE evil.indexed ADD COLUMN x evil.json_dom[] DEFAULT '{good}'
unknown ALTER TABLE evil.indexed ADD COLUMN g int GENERATED ALWAYS AS (evil.number(1)) STORED
fine ALTER TABLE evil.indexed ALTER COLUMN n SET DEFAULT evil.number(3)
unknown ALTER TABLE evil.lits ALTER COLUMN ds SET DEFAULT '{1}'
fine CREATE TABLE evil.copied (LIKE evil.hidden INCLUDING ALL)
fine CREATE TABLE evil.made (a evil.dom DEFAULT 1, CHECK (evil.yes(a)))
unknown CREATE TABLE evil.made (a evil.dom[] DEFAULT '{1}')
unknown CREATE TABLE evil.part PARTITION OF evil.by_range FOR VALUES FROM (evil.number(1)) TO (evil.number(10))
unknown CREATE TABLE evil.part PARTITION OF evil.by_domain FOR VALUES IN (1)
unknown ALTER TABLE evil.by_domain ATTACH PARTITION evil.candidate FOR VALUES IN (1)
unknown ALTER TABLE evil.by_range ATTACH PARTITION evil.candidate_range FOR VALUES FROM (evil.number(1)) TO (3)
unknown CREATE STATISTICS evil.made ON (evil.number(id)), id FROM evil.indexed
fine ALTER TABLE evil.moody ADD UNIQUE (mood)
unknown ALTER TABLE evil.moody_parent ADD CHECK (mood <> 'bad')
fine ALTER TABLE evil.itself ADD FOREIGN KEY (up) REFERENCES evil.indexed_parent NOT VALID
fine CREATE POLICY made ON evil.hidden USING (evil.yes(id))
fine CREATE TRIGGER made BEFORE INSERT ON evil.indexed EXECUTE FUNCTION evil.at_commit()
fine CREATE VIEW evil.made AS SELECT evil.number(1)
unknown CREATE MATERIALIZED VIEW evil.made AS SELECT evil.number(1)
fine REFRESH MATERIALIZED VIEW evil.kept
unknown CREATE TABLE evil.made AS SELECT evil.number(1) AS n
fine CREATE FUNCTION evil.made() RETURNS int LANGUAGE sql AS 'SELECT evil.number(1)'
unknown CREATE FUNCTION evil.made() RETURNS int LANGUAGE sql RETURN evil.number(1)
unknown CREATE FUNCTION evil.made() RETURNS evil.dom[] LANGUAGE sql AS $$ SELECT '{1}'::evil.dom[] $$
unknown CREATE FUNCTION evil.made(ds evil.dom[] DEFAULT '{1}') RETURNS int LANGUAGE sql AS 'SELECT 1'
unknown DO 'BEGIN PERFORM evil.trap(); END'
unknown CALL evil.acts()
unknown PREPARE made AS SELECT '{1}'::evil.dom[]
unknown EXPLAIN ANALYZE SELECT evil.number(1)
unknown EXPLAIN SELECT evil.number(1)
unknown DECLARE made CURSOR FOR SELECT '{1}'::evil.dom[]
unknown COPY (SELECT evil.number(1)) TO STDOUT
unknown ALTER DOMAIN evil.solo ADD CHECK (evil.yes(VALUE))
any ALTER DOMAIN evil.dom ADD CHECK (evil.yes(VALUE))
fine ALTER DOMAIN evil.dom SET DEFAULT evil.number(1)
fine CREATE DOMAIN evil.made AS evil.dom DEFAULT 1 CHECK (evil.yes(VALUE))
any SELECT 1 WHERE 1 = 1
any SELECT format('%s', 1), quote_ident('x'), to_jsonb(1)
fine TRUNCATE evil.bait
fine ANALYZE evil.measured
fine DROP TABLE evil.checked_later
unknown SELECT 1::evil.dom
unknown ALTER TABLE evil.indexed ADD COLUMN x evil.dom
unknown ALTER TABLE evil.indexed ADD COLUMN x evil.folded_dom
unknown ALTER TABLE evil.indexed ALTER COLUMN n TYPE evil.folded_dom
unknown CREATE TABLE evil.made (a evil.folded_dom DEFAULT 1); INSERT INTO evil.made VALUES (1)
unknown SELECT '{1}'::evil.folded_dom[]
unknown INSERT INTO evil.by_folded VALUES (1)
unknown INSERT INTO evil.by_folded_rest VALUES (1)
fine ALTER TABLE evil.by_folded ADD COLUMN n int
fine ALTER TABLE evil.by_folded DETACH PARTITION evil.by_folded_rest
fine+ DROP TABLE evil.by_folded
