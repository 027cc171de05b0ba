//! Random statements on partitioned tables, and on tables that others inherit.

use crate::oracle_alter;
use crate::oracle_schema::Table;
use crate::oracle_writer::Writer;

pub fn partition(writer: &mut Writer) -> String {
    if writer.known("part").is_none() {
        return oracle_alter::add_column(writer);
    }
    let loose = [("id", "int"), ("c0", "int"), ("c1", "text")];
    let text = writer.one(&[
        "CREATE TABLE p9 PARTITION OF part FOR VALUES IN (2)",
        "CREATE TABLE p9 PARTITION OF part FOR VALUES IN (9)",
        "CREATE TABLE p9 PARTITION OF part DEFAULT",
        "ALTER TABLE part DETACH PARTITION part1",
        "ALTER TABLE part DETACH PARTITION p8",
        "ALTER TABLE part ATTACH PARTITION inhp FOR VALUES IN (5)",
        "CREATE TABLE p8 (id int, c0 int, c1 text)",
        "CREATE TABLE p8 (id int, c0 int, c1 text)",
        "INSERT INTO p8 VALUES (7, 1, 'x')",
        "INSERT INTO p8 VALUES (8, 1, 'x')",
        "ALTER TABLE part ATTACH PARTITION p8 FOR VALUES IN (7)",
        "ALTER TABLE part ATTACH PARTITION part1 FOR VALUES IN (1)",
        "ALTER TABLE part ATTACH PARTITION part1 FOR VALUES IN (6)",
        "ALTER TABLE part ADD PRIMARY KEY (id)",
        "ALTER TABLE part ADD UNIQUE (c0)",
        "ALTER TABLE part1 DROP COLUMN c0",
        "ALTER TABLE part DROP COLUMN c1",
        "ALTER TABLE part DROP COLUMN id",
        "ALTER TABLE part ALTER COLUMN c0 SET NOT NULL",
        "DROP TABLE part1",
        "DROP TABLE partd",
        "ALTER TABLE part DETACH PARTITION partd",
        "CREATE TABLE p7 PARTITION OF part FOR VALUES IN (1)",
        "CREATE TABLE p7 PARTITION OF part FOR VALUES IN (9, 10)",
        "INSERT INTO part VALUES (9, 1, 'q')",
        "INSERT INTO part VALUES (3, 1, 'q')",
        "INSERT INTO part VALUES (1, 1, 'q')",
        "UPDATE part SET id = 2 WHERE id = 1",
        "UPDATE part SET c1 = 'new' WHERE id = 1",
        "TRUNCATE part",
        "ALTER TABLE part ALTER COLUMN id TYPE bigint",
        "ALTER TABLE part ALTER COLUMN c0 TYPE bigint",
        "ALTER TABLE part ADD CHECK (c0 > 1)",
        "ALTER TABLE part ADD FOREIGN KEY (c0) REFERENCES t0",
        "ALTER TABLE t1 ADD FOREIGN KEY (id) REFERENCES part (id)",
        "CREATE INDEX ON part (c1)",
        "CREATE UNIQUE INDEX ON part (id, c0)",
        "CREATE INDEX CONCURRENTLY ON part (c1)",
        "DELETE FROM part WHERE id = 2",
        "CREATE TABLE span9 PARTITION OF span FOR VALUES FROM (5) TO (20)",
        "CREATE TABLE span9 PARTITION OF span FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE span9 PARTITION OF span FOR VALUES FROM (20) TO (10)",
        "INSERT INTO span VALUES (12, 1)",
        "ALTER TABLE span ADD PRIMARY KEY (id)",
        "ALTER TABLE span ADD UNIQUE (id, c0)",
        "ALTER TABLE span ALTER COLUMN c0 SET NOT NULL",
        "ALTER TABLE span ADD CHECK (c0 > 5)",
    ]);
    if text.starts_with("CREATE TABLE p8") && writer.random.bool() && writer.known("p8").is_none() {
        let columns = loose.map(|(name, data_type)| (name.to_owned(), data_type.to_owned())).to_vec();
        writer.tables.push(Table { name: "p8".to_owned(), columns });
    }
    text.to_owned()
}

pub fn inheritance(writer: &mut Writer) -> String {
    if writer.known("inhp").is_none() {
        return oracle_alter::change_type(writer);
    }
    writer
        .one(&[
            "ALTER TABLE inhp ALTER COLUMN c0 SET NOT NULL",
            "ALTER TABLE inhc RENAME COLUMN c0 TO z",
            "ALTER TABLE inhp RENAME COLUMN c0 TO z",
            "DROP TABLE inhp",
            "DROP TABLE inhp CASCADE",
            "ALTER TABLE inhp ADD CHECK (c0 > 0)",
            "ALTER TABLE ONLY inhp ADD CHECK (c0 > 0) NO INHERIT",
            "ALTER TABLE inhp ADD UNIQUE (id)",
            "CREATE UNIQUE INDEX ON inhp (c0)",
            "CREATE UNIQUE INDEX ON inhc (c1)",
            "ALTER TABLE inhc ADD COLUMN c0 text",
            "ALTER TABLE inhp ADD COLUMN n1 int NOT NULL",
            "ALTER TABLE inhc NO INHERIT inhp",
            "CREATE TABLE k9 (id int) INHERITS (inhp)",
            "CREATE TABLE l9 (LIKE t0)",
            "ALTER TABLE t0 INHERIT inhp",
            "ALTER TABLE inhp DROP COLUMN c1",
            "ALTER TABLE inhc DROP COLUMN c1",
            "ALTER TABLE inhp ALTER COLUMN c0 TYPE bigint",
            "ALTER TABLE inhc ALTER COLUMN c0 TYPE bigint",
        ])
        .to_owned()
}
