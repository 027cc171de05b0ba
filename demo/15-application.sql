-- What the application does all the time.
\sleep 50 ms
INSERT INTO articles (title) VALUES ('by the application');
INSERT INTO orders (total) VALUES (0);
