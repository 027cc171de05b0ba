//! Sequences: missing, set back, ahead, with other parameters.

use super::{Damage, check_all, damage};
use anyhow::Result;

const DAMAGES: [Damage; 23] = [
    damage("DROP SEQUENCE shop.numbers", "error", "sequence_missing", "shop.numbers", ""),
    damage("DROP SEQUENCE shop.ticket_numbers CASCADE", "error", "sequence_missing", "shop.ticket_numbers", ""),
    damage("DROP SEQUENCE shop.customers_id_seq CASCADE", "error", "sequence_missing", "shop.customers_id_seq", ""),
    damage("ALTER SEQUENCE shop.numbers RESTART WITH 3", "error", "sequence_back", "shop.numbers", "3"),
    damage("ALTER SEQUENCE shop.numbers RESTART WITH 10", "error", "sequence_back", "shop.numbers", "11"),
    damage("ALTER SEQUENCE shop.customers_id_seq RESTART", "error", "sequence_back", "shop.customers_id_seq", "101"),
    damage("ALTER TABLE shop.orders ALTER id RESTART", "error", "sequence_back", "shop.orders_id_seq", "101"),
    damage("ALTER SEQUENCE shop.countdown RESTART WITH -5", "error", "sequence_back", "shop.countdown", "-11"),
    damage("ALTER SEQUENCE shop.at_end RESTART WITH 5", "error", "sequence_back", "shop.at_end", "5"),
    damage("ALTER SEQUENCE shop.numbers RESTART WITH 12", "info", "sequence_ahead", "shop.numbers", "12"),
    damage("ALTER SEQUENCE shop.countdown RESTART WITH -500", "info", "sequence_ahead", "shop.countdown", "-500"),
    damage(
        "ALTER SEQUENCE shop.numbers RESTART WITH 9223372036854775807; SELECT nextval('shop.numbers')",
        "error",
        "sequence_ahead",
        "shop.numbers",
        "",
    ),
    damage("ALTER SEQUENCE shop.numbers INCREMENT 10", "warning", "sequence_changed", "shop.numbers", "10"),
    damage("ALTER SEQUENCE shop.numbers AS int", "warning", "sequence_changed", "shop.numbers", "integer"),
    damage("ALTER SEQUENCE shop.numbers MAXVALUE 1000", "warning", "sequence_changed", "shop.numbers", "1000"),
    damage("ALTER SEQUENCE shop.numbers CYCLE", "warning", "sequence_changed", "shop.numbers", "CYCLE"),
    damage(
        "ALTER SEQUENCE shop.customers_id_seq AS bigint",
        "warning",
        "sequence_changed",
        "shop.customers_id_seq",
        "",
    ),
    damage("ALTER SEQUENCE shop.at_end MAXVALUE 50", "warning", "sequence_changed", "shop.at_end", "50"),
    damage("CREATE SEQUENCE shop.more", "info", "sequence_extra", "shop.more", ""),
    damage("ALTER SEQUENCE shop.numbers OWNER TO other", "warning", "sequence_owner", "shop.numbers", "other"),
    damage(
        "ALTER SEQUENCE shop.ticket_numbers OWNER TO other",
        "warning",
        "sequence_owner",
        "shop.ticket_numbers",
        "other",
    ),
    damage(
        "ALTER TABLE shop.empty ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        "warning",
        "column_changed",
        "shop.empty.id",
        "",
    ),
    damage("CREATE SEQUENCE shop.\"Se.q\"", "info", "sequence_extra", "shop.\"Se.q\"", ""),
];

#[test]
fn damaged_sequence_is_one_row() -> Result<()> {
    check_all("sequences", "", &DAMAGES)
}
