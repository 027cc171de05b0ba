-- The check for an application's start-up, or for the end of a restore script:
SELECT seq_assert();
