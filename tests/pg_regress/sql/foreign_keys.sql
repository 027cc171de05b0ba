-- fk_audit and fk_precheck.
\set VERBOSITY terse
CREATE SCHEMA fk;
SET search_path = fk, public;
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, "Customer" int REFERENCES customers, placed date);
CREATE TABLE items (order_id int NOT NULL REFERENCES orders ON DELETE CASCADE, line int, note text);
INSERT INTO customers VALUES (1, 'one'), (2, 'two');
INSERT INTO orders VALUES (10, 1), (11, 2), (12, NULL);
INSERT INTO items VALUES (10, 1), (11, 1);
SELECT status, constraint_name, table_name, referenced_table, orphans, sample, detail, fix FROM fk_audit('fk');

-- A data-only load leaves violated constraints marked as valid.
SET session_replication_role = replica;
INSERT INTO orders VALUES (13, 7), (14, 7), (15, 8);
INSERT INTO items VALUES (99, 1);
RESET session_replication_role;
\x on
SELECT * FROM fk_audit('fk');
\x off
SELECT substr(choice, 4) FROM fk_audit('fk'), unnest(choices) choice WHERE table_name = 'orders'::regclass AND choice ~ '^-- UPDATE' \gexec
SELECT substr(choice, 4) FROM fk_audit('fk'), unnest(choices) choice WHERE table_name = 'items'::regclass AND choice ~ '^-- DELETE' \gexec
SELECT status, constraint_name, orphans FROM fk_audit('fk');
-- Run without a choice, it lists the rows and changes nothing.
SELECT unnest(choices) FROM fk_precheck('items', '{line}', 'orders') \gexec

-- NOT VALID, with orphans and then without.
ALTER TABLE items ADD CONSTRAINT fresh FOREIGN KEY (line) REFERENCES customers NOT VALID;
SELECT status, orphans, detail, fix FROM fk_audit('fk') WHERE constraint_name = 'fresh';
SELECT fix FROM fk_audit('fk') WHERE constraint_name = 'fresh' \gexec
SELECT status, orphans, detail, fix FROM fk_audit('fk') WHERE constraint_name = 'fresh';

-- Disabled triggers, whose names the server generates.
ALTER TABLE items DISABLE TRIGGER ALL;
SELECT status, constraint_name, orphans, detail, regexp_replace(fix, '\d+', 'N', 'g') AS fix FROM fk_audit('fk') WHERE table_name = 'items'::regclass;
DO $$ DECLARE fix text; BEGIN
    FOR fix IN SELECT f.fix FROM fk_audit('fk') f WHERE f.status = 'triggers_off' LOOP EXECUTE fix; END LOOP;
END $$;
SELECT DISTINCT status FROM fk_audit('fk');

-- Before a migration.
CREATE TABLE payments (order_no bigint, customer text, paid date);
INSERT INTO payments VALUES (10, 'one', NULL), (77, 'two', NULL);
\x on
SELECT * FROM fk_precheck('payments', '{order_no}', 'orders');
SELECT * FROM fk_precheck('payments', '{customer}', 'customers', '{name}');
SELECT * FROM fk_precheck('payments', '{paid}', 'orders');
SELECT * FROM fk_precheck('items', '{order_id}', 'orders', '{id}');
\x off
DELETE FROM payments WHERE order_no = 77;
SELECT unnest(ddl) FROM fk_precheck('payments', '{order_no}', 'orders') \gexec
SELECT status, constraint_name FROM fk_audit('fk') WHERE table_name = 'payments'::regclass;
SELECT status, detail, ddl FROM fk_precheck('payments', '{order_no}', 'orders');
CREATE VIEW v AS SELECT 1 AS id;
SELECT status, detail FROM fk_precheck('v', '{id}', 'orders');
SELECT status, detail FROM fk_precheck('payments', '{order_no}', 'payments');

-- A single column by its name; the literal of an array is several columns, unless it is a column's name.
CREATE TABLE braces (order_no bigint, "{order_no}" bigint);
INSERT INTO braces VALUES (10, 77);
SELECT status, orphans FROM fk_precheck('braces', 'order_no', 'orders');
SELECT status, orphans FROM fk_precheck('braces', 'order_no', 'orders', 'id');
SELECT status, orphans FROM fk_precheck('braces', '{order_no}', 'orders');
SELECT status, orphans FROM fk_precheck('payments', '{order_no}', 'orders', '{id}');
SELECT status, orphans FROM fk_precheck('payments', ARRAY['order_no'], 'orders');
SELECT status FROM fk_precheck('payments', 'nothing', 'orders');
SELECT status FROM fk_precheck('payments', '{order_no', 'orders');
SELECT status FROM fk_precheck('payments', '{{order_no}}}', 'orders');

-- Bad input.
\set VERBOSITY default
SELECT * FROM fk_audit('nowhere');
SELECT * FROM fk_precheck('payments', '{order_no,paid}', 'orders');
SELECT * FROM fk_precheck('payments', 'order_no', 'orders', '{id,id}');
SELECT * FROM fk_precheck('payments', '{nothing}', 'orders');
SELECT * FROM fk_precheck('payments', '{order_no}', 'orders', '{nothing}');
SELECT * FROM fk_precheck('payments', '{order_no,paid}', 'orders', '{id,id}');
SELECT * FROM fk_precheck('payments', '{}', 'orders');
SELECT * FROM fk_precheck('payments', '{NULL}', 'orders');
SELECT * FROM fk_precheck('payments', NULL, 'orders');
SELECT * FROM fk_precheck('payments', child_columns => NULL, parent => 'orders');
SELECT * FROM fk_precheck(NULL, '{order_no}', 'orders');
SELECT * FROM fk_precheck('payments', '{order_no}', NULL);
SELECT * FROM fk_precheck(0, '{order_no}', 'orders');
SELECT * FROM fk_precheck('payments', repeat('x', 9000), 'orders');
SELECT * FROM fk_precheck('payments', 'order_no', 'orders', repeat('x', 9000));

RESET search_path;
\set VERBOSITY terse
DROP SCHEMA fk CASCADE;
