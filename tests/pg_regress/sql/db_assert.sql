-- Is this the right database, and are its tables there?
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id int PRIMARY KEY);
CREATE TABLE shop."Odd.Name" ("a b" text);
CREATE VIEW shop.open_orders AS SELECT * FROM shop.orders;

SELECT db_snapshot('shop', exact => false) AS before \gset
SELECT db_assert(:'before');
SELECT db_assert(jsonb_build_object('identity', jsonb_build_object('database', current_database())));
SELECT jsonb_build_object('identity', db_snapshot(exact => false) -> 'identity') AS here \gset
SELECT db_assert(:'here');
SELECT db_assert('{"identity": {"database": "elsewhere"}}');
SELECT db_assert('{"identity": {"databse": "elsewhere"}}');
SELECT db_assert(:'here'::jsonb || '{"schemas": {"shop": {"table": {"nope": {}}}}}');
SELECT db_assert(:'here'::jsonb || '{"schemas": {"shop": {"tables": {"nope": {}, "orders": {}}}}}');
SELECT db_assert(:'before'::jsonb #- '{schemas,shop,tables,orders}');
SELECT db_assert('{"identity": {}}');
SELECT db_assert('{}');
SELECT db_assert('[]');
SELECT db_assert(NULL);
SELECT db_assert(:'before'::jsonb || '{"format_version": 0}');
SELECT db_assert(:'here'::jsonb || '{"format_version": null}');
SELECT db_assert('{"identity": 7}');
SELECT db_assert(:'before'::jsonb - 'scope');
SELECT db_assert(:'before'::jsonb #- '{identity,database}');
SELECT db_assert('{"identity": {"system_identifier": 7}}');
SELECT db_assert('{"identity": {"database_oid": "7"}}');
SELECT db_assert(:'here'::jsonb || '{"schemas": []}');
SELECT db_assert(:'here'::jsonb || '{"tables": {}}');
SELECT db_assert(:'here'::jsonb || '{"schemas": {"no such \" schema": {"tables": {"a": {}, "b": 1, "c.d": [], "e": {}, "f": {}, "g": {}}}}}');
BEGIN READ ONLY;
SELECT db_assert(:'before');
ROLLBACK;
DROP SCHEMA shop CASCADE;
