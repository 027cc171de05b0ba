-- Tables whose rows are on other nodes, and tables of Citus, other extensions and the system.
CREATE SCHEMA nodes;
SET search_path = nodes, public;
CREATE TABLE orders (id bigserial PRIMARY KEY);
CREATE TABLE settings (id bigserial PRIMARY KEY);
CREATE TABLE member (id bigserial PRIMARY KEY);
INSERT INTO member VALUES (7);
ALTER EXTENSION pg_flightcheck ADD TABLE member;
-- A stand-in for Citus' catalogs: orders is distributed, and so without rows here.
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);
CREATE TABLE pg_catalog.pg_dist_node (nodeid serial PRIMARY KEY);
RESET allow_system_table_mods;
GRANT SELECT ON pg_catalog.pg_dist_partition TO PUBLIC;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('orders');
INSERT INTO pg_catalog.pg_dist_node VALUES (1), (2);
SELECT status, table_name, next_value, max_id, detail, fix FROM seq_audit('nodes');
SELECT outcome, sequence_name, detail FROM seq_resync('nodes') ORDER BY 2;
SELECT seq_assert('nodes', within => 0);
SELECT seq_assert('nodes', within => 0, strict => true);
SELECT severity, check_name, object, detail FROM flightcheck('nodes') WHERE check_name LIKE 'sequence%';
-- Its rows and those that reference it are not counted, and the detail says so. The same for a
-- sequence that may feed it.
CREATE TABLE lines (order_id bigint REFERENCES orders);
CREATE SEQUENCE orderseq; ALTER TABLE orders ALTER id DROP DEFAULT; ALTER SEQUENCE orders_id_seq OWNED BY NONE; DROP SEQUENCE orders_id_seq;
SELECT status, constraint_name, orphans, detail, fix FROM fk_audit('nodes');
SELECT severity, check_name, detail FROM flightcheck('nodes', deep => true) WHERE check_name LIKE 'foreign_key%';
SELECT status, detail FROM fk_precheck('lines', '{order_id}', 'orders');
SELECT t -> 'rows' AS rows, t -> 'unread' AS unread
  FROM unnest(ARRAY[db_snapshot('nodes'), db_snapshot('nodes', exact => false)]) s,
       jsonb_path_query(s, '$.**.tables.orders') t;
SELECT t -> 'rows' AS rows, t -> 'unread' AS unread
  FROM db_snapshot('nodes', checksum => true) s,
       jsonb_path_query(s, '$.**.tables.orders') t;
SELECT severity, kind, object, detail FROM db_compare(db_snapshot('nodes'), db_snapshot('nodes'));
SELECT status, sequence_name, max_id, detail FROM seq_audit('nodes') WHERE status = 'unknown';
-- The status is not ok for a role that cannot read Citus' catalog.
REVOKE SELECT ON pg_catalog.pg_dist_partition FROM PUBLIC;
CREATE ROLE regress_nodes;
GRANT USAGE ON SCHEMA nodes TO regress_nodes;
GRANT SELECT ON ALL TABLES IN SCHEMA nodes TO regress_nodes;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA nodes TO regress_nodes;
SET ROLE regress_nodes;
SELECT status, table_name, detail FROM seq_audit('nodes') WHERE table_name = 'settings'::regclass;
RESET ROLE;
-- Without a schema, tables of the system and of extensions are left out.
SELECT table_name FROM seq_audit() WHERE table_name IN ('member'::regclass, 'pg_catalog.pg_dist_node'::regclass);
SELECT sequence_name FROM seq_resync(dry_run => true) WHERE table_name IN ('member'::regclass, 'pg_catalog.pg_dist_node'::regclass);
-- With a schema, they are included.
SELECT status, table_name FROM seq_audit('nodes') WHERE table_name = 'member'::regclass;
SELECT status, table_name FROM seq_audit('pg_catalog');
SET client_min_messages = warning;
ALTER EXTENSION pg_flightcheck DROP TABLE member;
SET allow_system_table_mods = on;
DROP TABLE pg_catalog.pg_dist_partition, pg_catalog.pg_dist_node;
DROP SCHEMA nodes CASCADE;
DROP ROLE regress_nodes;
