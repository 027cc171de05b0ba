//! Constraints, indexes and triggers.

use super::{Damage, check_all, damage};
use anyhow::Result;

const CONSTRAINTS: [Damage; 24] = [
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT of_customer",
        "error",
        "constraint_missing",
        "shop.orders: of_customer",
        "FOREIGN KEY",
    ),
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT orders_net_check",
        "error",
        "constraint_missing",
        "shop.orders: orders_net_check",
        "CHECK",
    ),
    damage(
        "ALTER TABLE shop.customers DROP CONSTRAINT customers_email_key",
        "error",
        "constraint_missing",
        "shop.customers: customers_email_key",
        "UNIQUE",
    ),
    damage(
        "ALTER TABLE shop.notes DROP CONSTRAINT notes_pkey",
        "error",
        "constraint_missing",
        "shop.notes: notes_pkey",
        "PRIMARY KEY",
    ),
    damage(
        "ALTER TABLE shop.lines DROP CONSTRAINT lines_pkey",
        "error",
        "constraint_missing",
        "shop.lines: lines_pkey",
        "",
    ),
    damage(
        "ALTER TABLE shop.lines DROP CONSTRAINT lines_order_id_fkey",
        "error",
        "constraint_missing",
        "shop.lines: lines_order_id_fkey",
        "",
    ),
    damage(
        "ALTER TABLE shop.rooms DROP CONSTRAINT no_overlap",
        "error",
        "constraint_missing",
        "shop.rooms: no_overlap",
        "",
    ),
    damage("ALTER TABLE archive.\"T.1\" DROP CONSTRAINT pk", "error", "constraint_missing", "archive.\"T.1\": pk", ""),
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT orders_net_check, ADD CONSTRAINT orders_net_check CHECK (net > 0)",
        "error",
        "constraint_changed",
        "shop.orders: orders_net_check",
        "",
    ),
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT orders_net_check, ADD CONSTRAINT orders_net_check CHECK (net >= 0) NOT VALID",
        "error",
        "constraint_changed",
        "shop.orders: orders_net_check",
        "NOT VALID",
    ),
    damage(
        "ALTER TABLE shop.customers DROP CONSTRAINT customers_state_check, ADD CONSTRAINT customers_state_check CHECK (state IN ('new', 'Old')) NOT VALID",
        "error",
        "constraint_changed",
        "shop.customers: customers_state_check",
        "Old",
    ),
    damage(
        "ALTER TABLE shop.customers DROP CONSTRAINT customers_state_check, ADD CONSTRAINT customers_state_check CHECK (state IN ('new', 'old', 'more'))",
        "error",
        "constraint_changed",
        "shop.customers: customers_state_check",
        "more",
    ),
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT of_customer, ADD CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES shop.customers ON DELETE CASCADE",
        "error",
        "constraint_changed",
        "shop.orders: of_customer",
        "CASCADE",
    ),
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT of_customer, ADD CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES shop.customers NOT VALID",
        "error",
        "constraint_changed",
        "shop.orders: of_customer",
        "NOT VALID",
    ),
    damage(
        "ALTER TABLE shop.orders DROP CONSTRAINT of_customer, ADD CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES shop.customers DEFERRABLE",
        "error",
        "constraint_changed",
        "shop.orders: of_customer",
        "DEFERRABLE",
    ),
    damage(
        "ALTER TABLE shop.orders RENAME CONSTRAINT of_customer TO whose",
        "info",
        "constraint_renamed",
        "shop.orders: of_customer",
        "whose",
    ),
    damage(
        "ALTER TABLE shop.customers RENAME CONSTRAINT customers_email_key TO one_email",
        "info",
        "constraint_renamed",
        "shop.customers: customers_email_key",
        "one_email",
    ),
    damage(
        "ALTER TABLE shop.notes RENAME CONSTRAINT notes_pkey TO pk",
        "info",
        "constraint_renamed",
        "shop.notes: notes_pkey",
        "pk",
    ),
    damage(
        "ALTER TABLE shop.notes ADD CONSTRAINT more CHECK (id > 0)",
        "info",
        "constraint_extra",
        "shop.notes: more",
        "",
    ),
    damage(
        "ALTER TABLE shop.notes ADD CONSTRAINT more UNIQUE (said)",
        "info",
        "constraint_extra",
        "shop.notes: more",
        "",
    ),
    damage(
        "ALTER TABLE archive.old ADD CONSTRAINT more FOREIGN KEY (id) REFERENCES shop.notes",
        "info",
        "constraint_extra",
        "archive.old: more",
        "",
    ),
    damage(
        "ALTER TABLE shop.lines ADD CONSTRAINT more CHECK (line > 0)",
        "info",
        "constraint_extra",
        "shop.lines: more",
        "",
    ),
    damage(
        "ALTER TABLE shop.lines_new ADD CONSTRAINT more CHECK (line > 0)",
        "info",
        "constraint_extra",
        "shop.lines_new: more",
        "",
    ),
    damage(
        "ALTER TABLE shop.base ADD CONSTRAINT more CHECK (id > 0)",
        "info",
        "constraint_extra",
        "shop.base: more",
        "",
    ),
];

#[test]
fn damaged_constraint_is_one_row() -> Result<()> {
    check_all("constraints", "", &CONSTRAINTS)
}

const INDEXES_AND_TRIGGERS: [Damage; 22] = [
    damage("DROP INDEX shop.by_customer", "warning", "index_missing", "shop.orders: by_customer", "customer"),
    damage("DROP INDEX shop.one_new", "error", "index_missing", "shop.orders: one_new", ""),
    damage("DROP INDEX shop.by_note", "warning", "index_missing", "shop.lines: by_note", ""),
    damage("DROP INDEX shop.by_orders", "warning", "index_missing", "shop.sums: by_orders", ""),
    damage(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.by_customer'::regclass",
        "warning",
        "index_changed",
        "shop.orders: by_customer",
        "valid",
    ),
    damage(
        "DROP INDEX shop.by_customer; CREATE INDEX by_customer ON shop.orders (customer DESC)",
        "warning",
        "index_changed",
        "shop.orders: by_customer",
        "DESC",
    ),
    damage(
        "DROP INDEX shop.one_new; CREATE UNIQUE INDEX one_new ON shop.orders (note) WHERE state = 'paid' AND note IS NOT NULL",
        "error",
        "index_changed",
        "shop.orders: one_new",
        "paid",
    ),
    damage(
        "DROP INDEX shop.one_new; CREATE INDEX one_new ON shop.orders (note) WHERE state = 'new' AND note IS NOT NULL",
        "error",
        "index_changed",
        "shop.orders: one_new",
        "",
    ),
    damage(
        "ALTER INDEX shop.by_customer RENAME TO of_customer_index",
        "info",
        "index_renamed",
        "shop.orders: by_customer",
        "of_customer_index",
    ),
    damage("ALTER INDEX shop.one_new RENAME TO just_one", "info", "index_renamed", "shop.orders: one_new", "just_one"),
    damage("CREATE INDEX more ON shop.notes (said)", "info", "index_extra", "shop.notes: more", "said"),
    damage("CREATE INDEX more ON shop.lines (line)", "info", "index_extra", "shop.lines: more", ""),
    damage(
        "CREATE UNIQUE INDEX more ON shop.lines_new (line, order_id)",
        "info",
        "index_extra",
        "shop.lines_new: more",
        "",
    ),
    damage("DROP TRIGGER touch ON shop.orders", "warning", "trigger_missing", "shop.orders: touch", "UPDATE"),
    damage("DROP TRIGGER touch ON shop.lines", "warning", "trigger_missing", "shop.lines: touch", ""),
    damage(
        "ALTER TABLE shop.orders DISABLE TRIGGER touch",
        "error",
        "trigger_changed",
        "shop.orders: touch",
        "disabled",
    ),
    damage(
        "ALTER TABLE shop.orders DISABLE TRIGGER USER",
        "error",
        "trigger_changed",
        "shop.orders: touch",
        "disabled",
    ),
    damage(
        "ALTER TABLE shop.event_notes DISABLE TRIGGER ALL",
        "error",
        "constraint_changed",
        "shop.event_notes: event_notes_event_fkey",
        "not enforced",
    ),
    damage("ALTER TABLE shop.lines DISABLE TRIGGER touch", "error", "trigger_changed", "shop.lines: touch", "disabled"),
    damage(
        "ALTER TABLE shop.orders ENABLE ALWAYS TRIGGER touch",
        "warning",
        "trigger_changed",
        "shop.orders: touch",
        "replicas",
    ),
    damage(
        "CREATE OR REPLACE TRIGGER touch BEFORE UPDATE OF note ON shop.orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "warning",
        "trigger_changed",
        "shop.orders: touch",
        "note",
    ),
    damage(
        "CREATE TRIGGER more BEFORE UPDATE ON shop.notes FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "info",
        "trigger_extra",
        "shop.notes: more",
        "",
    ),
];

#[test]
fn damaged_index_or_trigger_is_one_row() -> Result<()> {
    check_all("indexes and triggers", "", &INDEXES_AND_TRIGGERS)
}
