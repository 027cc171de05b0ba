//! Hashes of values of each type must never change: across major versions and in stored snapshots.

use crate::CANONICAL;
use anyhow::Result;
use cluster::{Server, report};

const TYPES: &str =
    "CREATE TYPE mood AS ENUM ('sad', 'gl\u{fc}cklich'); CREATE TYPE pair AS (a int, b text, c timestamptz[]);
    CREATE DOMAIN positive AS int CHECK (VALUE > 0)";

/// A changed hash requires a new `ALGORITHM`.
const GOLDEN: &[(&str, i64)] = &[
    ("NULL::int", -4302098779834749733),
    ("true", -6897062943652436617),
    ("'x'::\"char\"", -572574130902616617),
    ("'-32768'::int2", -5063264692547055162),
    ("2147483647", 8918245162511538511),
    ("'-9223372036854775808'::bigint", 8004639654310654727),
    ("4294967295::oid", 1172849794406177681),
    ("0.1::float4", 6064344115696552322),
    ("0.1::float8", 3093130634131857088),
    ("'-Infinity'::float8", -4663745715353682147),
    ("'NaN'::float4", 8712699132477680704),
    ("0::numeric", 346736370193696472),
    ("-1234567.8900::numeric", 3074641037406003089),
    ("1e-1000::numeric", -6355999128870485973),
    ("'Infinity'::numeric", -2102829564458226514),
    ("'NaN'::numeric", -8462672453155048156),
    ("'12.34'::money", 2133627149319319317),
    ("'Za\u{17c}\u{f3}\u{142}\u{107} \u{65e5}\u{672c}'", -2288516731564287557),
    ("repeat('\u{e4}', 100000)", -3432563023693112855),
    ("'ab'::char(5)", -1974101257201987880),
    ("'n\u{e4}me'::name", 5494729015640474007),
    ("'\\x00ff'::bytea", 2362964860028680486),
    ("'{\"a\": 1,  \"b\": null}'::json", 4493919559710304169),
    ("'{\"b\": null, \"a\": [1.50, \"\u{e4}\"]}'::jsonb", 3223199009241140919),
    ("'0123abcd-0000-1111-2222-0123456789ab'::uuid", -6103499377743849403),
    ("date '2026-11-22'", -5036143730266055334),
    ("date '-infinity'", -8252707022620954913),
    ("time '23:59:59.999999'", 6824366958013512498),
    ("timetz '12:00+05:45'", 4939597188196587156),
    ("timestamp '2026-11-22 10:00:00.5'", 1732388596433017008),
    ("timestamptz '2026-11-22 10:00+02'", 1638248876109103683),
    ("timestamptz 'infinity'", -105540923443342341),
    ("interval '-1 year 2 days 03:04:05.678'", 610859501989028130),
    ("inet '10.0.0.1/8'", 7094219381660298060),
    ("cidr '2001:db8::/32'", -6784385250244612904),
    ("macaddr '08:00:2b:01:02:03'", -2931689126553479851),
    ("B'1011'", 6387998644957649087),
    ("ARRAY[1, NULL, 3]", 7655353546588853441),
    ("'[0:1]={a,\"b c\"}'::text[]", -3731653492881916938),
    ("ARRAY[0.1::float8, 1e20]", 5808430550949346139),
    ("ARRAY['\\x00'::bytea]", -3228768161719137411),
    ("ARRAY[timestamptz '2026-11-22 10:00+02']", -4560792685812793560),
    ("ARRAY[interval '-1 year 2 days 03:04:05.678']", -4612915777730515934),
    ("ARRAY['12.34'::money]", 4313547049492504548),
    ("ARRAY['{\"a\": 1}'::jsonb]", -1492103333295349045),
    ("int4range(1, 5)", -5170737073487626210),
    ("'{[2026-01-01,2026-02-01)}'::datemultirange", -7227594850008070176),
    ("tstzrange('2026-11-22 10:00+02', NULL)", -3470437202050899598),
    ("point(0.1, -2)", 576113640310603165),
    ("polygon '((0,0),(1,0),(1,1))'", -8072570957675666599),
    ("to_tsvector('simple', 'a b a')", -6592203327644028906),
    ("to_tsquery('simple', 'a & !b:*')", -4554867522498672403),
    ("'$.a[*] ? (@ > 1.5)'::jsonpath", -7351607277630489891),
    ("pg_lsn '16/B374D848'", -8764250753785487916),
    ("pg_lsn '0/16B3748'", -99177668655084949),
    ("'gl\u{fc}cklich'::mood", -5897466484131067887),
    ("ARRAY['sad'::mood]", 5416042698037809244),
    ("7::positive", -6666931258431014831),
    ("ROW(1, 'a \"b\"', ARRAY[timestamptz '2026-11-22 10:00+02'])::pair", 7658645222329674808),
    ("'pg_catalog.pg_class'::regclass", -454208398387240009),
    ("'information_schema.tables'::regclass", 3442744592936042603),
    ("1, 'a', NULL::date, 1.5, ARRAY[1]", -2399097503596116016),
];

#[test]
fn golden_hashes_match_on_each_major_version() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("golden")?;
    client.batch_execute(TYPES)?;
    client.batch_execute(CANONICAL)?;
    let mut wrong = Vec::new();
    for (values, golden) in GOLDEN {
        let hash: i64 = client.query_one(&format!("SELECT db_row_hash({values})"), &[])?.get(0);
        if hash != *golden {
            wrong.push(format!("({values:?}, {hash}),"));
        }
    }
    assert!(wrong.is_empty(), "changed hashes:\n{}", wrong.join("\n"));
    report!("{} golden hashes on PostgreSQL {}", GOLDEN.len(), server.major());
    Ok(())
}
