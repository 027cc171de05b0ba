-- Are the rows complete and the ids right? Writes stay off until they are.
CALL maintenance_end();

-- What it asks for, in a session that says it wants to write:
SET default_transaction_read_only = off;
SELECT outcome, sequence_name, old_next, new_next FROM seq_resync() WHERE outcome = 'advanced';
CALL maintenance_end();
