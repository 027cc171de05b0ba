-- An import supplies ids.
COPY tags FROM stdin;
9000	imported
9001	also imported
\.
-- No further step is needed: the sequence has been advanced past them.
INSERT INTO tags (name) VALUES ('written by hand') RETURNING *;
