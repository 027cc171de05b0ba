-- Twenty tables with common types, five million rows with ROWS = 250000.
SELECT format($$
  CREATE TABLE users_%1$s (id bigint PRIMARY KEY, email text NOT NULL, name varchar(100), created_at timestamptz NOT NULL, is_active boolean,
      balance numeric(12,2), token uuid);
  INSERT INTO users_%1$s SELECT i, 'user' || i || '@example.org', 'Name of user ' || i, '2020-01-01 00:00+00'::timestamptz + i * interval '1 min',
      i %% 3 = 0, i / 7.0, md5(i::text)::uuid FROM generate_series(1, %2$s) i;
  CREATE TABLE orders_%1$s (id bigint PRIMARY KEY, user_id bigint NOT NULL, state text NOT NULL, total numeric(10,2), ordered_on date, shipped_at timestamp,
      lines int);
  INSERT INTO orders_%1$s SELECT i, 1 + i %% 1000, (ARRAY['new', 'paid', 'shipped'])[1 + i %% 3], i %% 10000 / 100.0, date '2020-01-01' + i %% 2000,
      CASE WHEN i %% 3 = 2 THEN timestamp '2020-01-01' + i * interval '1 s' END, i %% 9 FROM generate_series(1, %2$s) i;
  CREATE TABLE events_%1$s (id bigint PRIMARY KEY, at timestamptz NOT NULL, kind int NOT NULL, payload jsonb NOT NULL, tags text[]);
  INSERT INTO events_%1$s SELECT i, '2020-01-01 00:00+00'::timestamptz + i * interval '1 s', i %% 20,
      jsonb_build_object('user', i, 'path', '/page/' || i %% 500, 'took', i %% 300 / 10.0), ARRAY['web', 'v' || i %% 5] FROM generate_series(1, %2$s) i;
  CREATE TABLE articles_%1$s (id int PRIMARY KEY, slug text NOT NULL, body text NOT NULL, rating float8, hash bytea);
  INSERT INTO articles_%1$s SELECT i, 'article-' || i, repeat('Text of a common length, ' || i || '. ', 10), i / 3.0, decode(md5(i::text), 'hex')
      FROM generate_series(1, %2$s) i;
$$, number, :rows) FROM generate_series(1, 5) number
\gexec
