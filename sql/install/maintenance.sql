COMMENT ON PROCEDURE @extschema@.maintenance_begin(text, interval, boolean, boolean) IS
'Makes this database''s transactions read-only unless they ask to write, and ends the sessions that began before.';
COMMENT ON PROCEDURE @extschema@.maintenance_end(boolean, jsonb, interval) IS
'Checks this database, allows writes again if there is no error, and ends read-only sessions. force: despite errors.';
COMMENT ON FUNCTION @extschema@.maintenance_status() IS
'Reports whether maintenance mode is on, what can still write, and who is connected.';
