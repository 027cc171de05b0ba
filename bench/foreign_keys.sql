-- A foreign key with three children for each parent, scattered over the child table.
CREATE TABLE parent (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint REFERENCES parent, note text NOT NULL);
ALTER TABLE child DISABLE TRIGGER ALL;
INSERT INTO parent SELECT i, 'parent ' || i FROM generate_series(1, :parents) i;
INSERT INTO child SELECT i, 1 + (i::bigint * 7919) % :parents, 'a note of a common length, ' || i FROM generate_series(1, 3 * :parents) i;
ALTER TABLE child ENABLE TRIGGER ALL;
