-- An import brings ids along.
COPY tags FROM stdin;
9000	imported
9001	also imported
\.
-- Nobody has to know: the sequence is past them.
INSERT INTO tags (name) VALUES ('written by hand') RETURNING *;
