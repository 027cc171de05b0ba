-- What would be done?
SELECT outcome, table_name, sequence_name, old_next, new_next
  FROM seq_resync('public', dry_run => true);

-- Do it. seq_resync waits for no session, blocks none, and moves no sequence backwards.
SELECT outcome, count(*) FROM seq_resync('public') GROUP BY outcome ORDER BY outcome;
