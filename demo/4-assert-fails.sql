-- The check that belongs into an application's start-up, or at the end of a restore script:
SELECT seq_assert();
