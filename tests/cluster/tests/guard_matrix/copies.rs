//! COPY in every format.

use crate::case::Case;
use crate::case::Step::{Copy, Sql};

/// Two rows with ids 10 and 11 in the binary format: signature, flags, no extension; then for each
/// row the number of fields, the field's length and the field; and the trailer.
const BINARY: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x04\0\0\0\x0a\0\x01\0\0\0\x04\0\0\0\x0b\xff\xff";

pub const COPIES: &[Case] = &[
    Case::new("text", &[Copy("COPY t FROM STDIN", b"10\tx\n11\ty\n")]).warns(),
    Case::new("csv", &[Copy("COPY t (note, id) FROM STDIN WITH (FORMAT csv, HEADER)", b"note,id\nx,10\n")]).warns(),
    Case::new("binary", &[Copy("COPY t (id) FROM STDIN WITH (FORMAT binary)", BINARY)]).warns(),
    Case::new("from a program", &[Sql("COPY t (id) FROM PROGRAM 'echo 10'")]).warns(),
    Case::new(
        "freeze, after TRUNCATE",
        &[Sql("BEGIN; TRUNCATE t"), Copy("COPY t FROM STDIN WITH (FREEZE)", b"10\tx\n"), Sql("COMMIT")],
    )
    .warns(),
    Case::new(
        "freeze, into a table just made",
        &[
            Sql("BEGIN; CREATE TABLE made (id serial PRIMARY KEY)"),
            Copy("COPY made FROM STDIN WITH (FREEZE)", b"10\n"),
            Sql("COMMIT"),
        ],
    )
    .warns_of(&["public.made"]),
    Case::new("with a condition", &[Copy("COPY t FROM STDIN WHERE id > 5", b"1\tx\n10\ty\n")]).warns(),
    Case::new("with a condition that nothing meets", &[Copy("COPY t FROM STDIN WHERE id > 50", b"1\tx\n10\ty\n")]),
    Case::new("nothing", &[Copy("COPY t FROM STDIN", b"")]),
    Case::new("without the id", &[Copy("COPY t (note) FROM STDIN", b"x\ny\n")]),
    Case::new("without the id, on a table that is behind", &[Copy("COPY t (note) FROM STDIN", b"x\ny\n")])
        .on(crate::case::BEHIND),
    Case::new("into a partitioned table", &[Copy("COPY t FROM STDIN", b"10\tx\n200\ty\n")])
        .on(crate::shapes::PARTITIONED)
        .warns(),
    Case::new(
        "then a setval, as in a dump",
        &[Sql("BEGIN"), Copy("COPY t FROM STDIN", b"10\tx\n11\ty\n"), Sql("SELECT setval('t_id_seq', 11); COMMIT")],
    ),
    Case::new(
        "ids that the sequence has passed",
        &[Sql("SELECT setval('t_id_seq', 11)"), Copy("COPY t FROM STDIN", b"10\tx\n11\ty\n")],
    ),
];
