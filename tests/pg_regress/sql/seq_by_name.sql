-- Sequences that no catalog links to a column: linked by name if one column matches, or reported as
-- unlinked.
CREATE SCHEMA named;
SET search_path = named, public;

-- Doctrine and SQLAlchemy, Hibernate 6 (increment 50 is in seq_blocks), quoted names, Oracle's
-- conventions, composite keys
CREATE SEQUENCE product_id_seq; CREATE TABLE product (id int PRIMARY KEY, name text);
INSERT INTO product SELECT g, 'p' FROM generate_series(1, 500) g;
CREATE SEQUENCE "Book_SEQ"; CREATE TABLE book (isbn text, book_no bigint PRIMARY KEY);
INSERT INTO book VALUES (NULL, 4);
CREATE SEQUENCE seq_author; CREATE TABLE "Author" ("Id" numeric(10,0) PRIMARY KEY);
CREATE SEQUENCE shelf_sq; CREATE TABLE shelf (tenant integer REFERENCES product, id integer, PRIMARY KEY (tenant, id));
INSERT INTO shelf VALUES (1, 2);
CREATE SEQUENCE invoice_number_seq; CREATE TABLE invoice (id uuid PRIMARY KEY, number bigint NOT NULL UNIQUE);
CREATE TABLE a_table_with_a_name_so_long_that_the_sequence_has_to_be_cut (identifier bigserial PRIMARY KEY);
ALTER TABLE a_table_with_a_name_so_long_that_the_sequence_has_to_be_cut ALTER identifier DROP DEFAULT;
SELECT pg_get_serial_sequence('a_table_with_a_name_so_long_that_the_sequence_has_to_be_cut', 'identifier') AS cut \gset
ALTER SEQUENCE :cut OWNED BY NONE;
INSERT INTO a_table_with_a_name_so_long_that_the_sequence_has_to_be_cut VALUES (1);

SELECT status, table_name, column_name AS col, sequence_name, next_value AS next, max_id, inserts_left AS left, kind, detail
  FROM seq_audit('named');
SELECT seq_assert('named');
SELECT outcome, sequence_name, table_name, old_next, new_next FROM seq_resync('named');
SELECT seq_assert('named');
INSERT INTO product (id) VALUES (nextval('product_id_seq')) RETURNING id;
-- A default or OWNED BY confirms the link or changes it.
ALTER SEQUENCE "Book_SEQ" OWNED BY book.book_no;
ALTER SEQUENCE invoice_number_seq OWNED BY invoice.id;
SELECT status, table_name, column_name AS col, sequence_name, kind FROM seq_audit('named')
 WHERE sequence_name IN ('"Book_SEQ"'::regclass, 'invoice_number_seq'::regclass);

-- Not linked: the named column has another source, is text, is a foreign key, or is one of several.
CREATE SCHEMA unnamed;
SET search_path = unnamed, public;
CREATE TABLE page (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint DEFAULT 0);
CREATE SEQUENCE page_seq; CREATE SEQUENCE page_number_seq;
CREATE TABLE code (id text PRIMARY KEY); CREATE SEQUENCE code_id_seq;
CREATE TABLE cover (id integer PRIMARY KEY REFERENCES page); CREATE SEQUENCE cover_seq;
CREATE TABLE a (b_c integer NOT NULL UNIQUE, id uuid PRIMARY KEY); CREATE TABLE a_b (c integer PRIMARY KEY); CREATE SEQUENCE a_b_c_seq;
INSERT INTO a_b VALUES (10);
CREATE TABLE orders (id integer PRIMARY KEY); CREATE SEQUENCE orderseq; INSERT INTO orders VALUES (7), (8);
CREATE TABLE visit (id serial PRIMARY KEY, number integer); CREATE SEQUENCE visit_number_seq; INSERT INTO visit VALUES (1, 5);
SELECT nextval('visit_id_seq');
CREATE TABLE twice (id integer PRIMARY KEY); CREATE SEQUENCE twice_seq; CREATE SEQUENCE seq_twice;
CREATE SEQUENCE invoice_counter;
SELECT status, sequence_name, next_value AS next, max_id, behind_by AS behind, kind, detail, fix FROM seq_audit('unnamed')
 WHERE status <> 'ok';
SELECT seq_assert('unnamed');
SELECT outcome, sequence_name, detail FROM seq_resync('unnamed') WHERE outcome <> 'unchanged';
SELECT severity, object, detail, fix FROM flightcheck('unnamed') WHERE check_name = 'sequence_unlinked';
-- The fix creates the link.
ALTER SEQUENCE unnamed.orderseq OWNED BY unnamed.orders.id;
SELECT status, next_value, max_id, kind, fix FROM seq_audit('unnamed') WHERE sequence_name = 'orderseq'::regclass;

-- One sequence for many tables, as in Hibernate 5 and EF Core.
CREATE SCHEMA shared;
SET search_path = shared, public;
CREATE SEQUENCE hibernate_sequence;
CREATE TABLE first (id bigint PRIMARY KEY); CREATE TABLE second (id bigint PRIMARY KEY); CREATE TABLE third (id bigint PRIMARY KEY);
CREATE TABLE fourth (id bigint PRIMARY KEY); CREATE TABLE fed (id serial PRIMARY KEY);
CREATE TABLE link (first bigint REFERENCES first, second bigint REFERENCES second, PRIMARY KEY (first, second));
INSERT INTO first VALUES (3), (12); INSERT INTO second VALUES (40); INSERT INTO fed VALUES (DEFAULT);
SELECT status, sequence_name, next_value AS next, max_id, behind_by AS behind, detail, fix FROM seq_audit('shared') WHERE kind = 'none';
SELECT severity, object FROM flightcheck('shared') WHERE check_name LIKE 'sequence%';
SELECT seq_assert('shared');
SELECT setval('hibernate_sequence', 40);
SELECT severity, object FROM flightcheck('shared') WHERE check_name LIKE 'sequence%';
SELECT seq_assert('shared');
-- A counter in a schema whose tables all have a sequence is not reported as a danger.
DROP TABLE first, second, third, fourth, link;
SELECT status, sequence_name, detail FROM seq_audit('shared') WHERE status <> 'ok';
SELECT seq_assert('shared');
SELECT severity, object FROM flightcheck('shared') WHERE check_name LIKE 'sequence%';

-- Without privileges.
CREATE ROLE regress_reader;
GRANT USAGE ON SCHEMA unnamed TO regress_reader;
GRANT SELECT ON SEQUENCE unnamed.a_b_c_seq, unnamed.twice_seq TO regress_reader;
GRANT SELECT ON unnamed.twice TO regress_reader;
SET ROLE regress_reader;
SELECT status, sequence_name, detail, fix FROM seq_audit('unnamed') WHERE kind = 'none';
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA named, unnamed, shared CASCADE;
DROP ROLE regress_reader;
