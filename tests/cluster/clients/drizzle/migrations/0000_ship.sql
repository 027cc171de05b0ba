CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL);
--> statement-breakpoint
SELECT gate.pass();
