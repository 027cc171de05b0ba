//! The schemas, with what their packages' sources say about the sequences.

use crate::schema::{PLAIN, Schema, Source};

pub const SCHEMAS: [Schema; 19] = [
    // First, since it takes the longest.
    Schema {
        name: "tryton",
        source: Source::Program { project: "tryton", command: &["python", "create.py"] },
        demanded: &[("ir_avatar", "resource", "'res.user,' || n"), ("ir_chat_follower", "email", "NULL")],
        full: &["ir_configuration"],
        ..PLAIN
    },
    Schema {
        name: "bacula",
        source: Source::Files(&[
            "schemas/bacula-director-pgsql/usr/share/dbconfig-common/data/bacula-director-pgsql/install/pgsql",
        ]),
        demanded: &[("media", "volstatus", "'Full'"), ("locationlog", "newvolstatus", "'Full'")],
        ..PLAIN
    },
    // SQLAlchemy draws both values, since its Sequence is the column's default only on the client.
    Schema {
        name: "celery",
        source: Source::Program { project: "celery", command: &["python", "create.py"] },
        drawn: &[
            ("celery_taskmeta", "id", "nextval('task_id_sequence')"),
            ("celery_tasksetmeta", "id", "nextval('taskset_id_sequence')"),
        ],
        unlinked: &[("task_id_sequence", &[]), ("taskset_id_sequence", &[])],
        ..PLAIN
    },
    // One sequence is the default of four tables; all others count requests.
    Schema {
        name: "davical",
        source: Source::Files(&[
            "schemas/libawl-php/usr/share/awl/dba/awl-tables.sql",
            "schemas/libawl-php/usr/share/awl/dba/schema-management.sql",
            "schemas/davical/usr/share/davical/dba/davical.sql",
        ]),
        counted: &["metrics_count_get", "metrics_count_put", "metrics_count_lock"],
        unlinked: &[
            ("metrics_count_acl", &[]),
            ("metrics_count_bind", &[]),
            ("metrics_count_delete", &[]),
            ("metrics_count_delticket", &[]),
            ("metrics_count_get", &[]),
            ("metrics_count_head", &[]),
            ("metrics_count_lock", &[]),
            ("metrics_count_mkcalendar", &[]),
            ("metrics_count_mkcol", &[]),
            ("metrics_count_mkticket", &[]),
            ("metrics_count_move", &[]),
            ("metrics_count_options", &[]),
            ("metrics_count_post", &[]),
            ("metrics_count_propfind", &[]),
            ("metrics_count_proppatch", &[]),
            ("metrics_count_put", &[]),
            ("metrics_count_report", &[]),
            ("metrics_count_unknown", &[]),
            ("metrics_count_unlock", &[]),
        ],
        ..PLAIN
    },
    Schema {
        name: "django",
        source: Source::Program {
            project: "django-contrib",
            command: &["python", "manage.py", "migrate", "--skip-checks"],
        },
        ..PLAIN
    },
    Schema {
        name: "icinga2_ido",
        source: Source::Files(&["schemas/icinga2-ido-pgsql/usr/share/icinga2-ido-pgsql/schema/pgsql.sql"]),
        // The schema's version is inserted with the id 1.
        behind_as_shipped: &["icinga_dbversion.dbversion_id"],
        ..PLAIN
    },
    Schema {
        name: "icingadb",
        source: Source::Files(&["schemas/icingadb/usr/share/icingadb/schema/pgsql/schema.sql"]),
        extension: Some("citext"),
        ..PLAIN
    },
    Schema {
        name: "icinga_director",
        source: Source::Files(&[
            "schemas/icingaweb2-module-director/usr/share/icingaweb2/modules/director/schema/pgsql.sql",
        ]),
        ..PLAIN
    },
    // One sequence for all tables, with a hyphen in its name.
    Schema {
        name: "jabberd2",
        source: Source::Files(&["schemas/jabberd2/usr/share/doc/jabberd2/db-setup.pgsql"]),
        ..PLAIN
    },
    Schema {
        name: "kea",
        source: Source::Files(&["schemas/kea-admin/usr/share/kea/scripts/pgsql/dhcpdb_create.pgsql"]),
        ..PLAIN
    },
    // Rows of lookup tables are inserted with ids, and their sequences are left behind.
    Schema {
        name: "ledgersmb",
        source: Source::Files(&["schemas/ledgersmb/usr/share/ledgersmb/sql/Pg-database.sql"]),
        behind_as_shipped: &["file_class.id", "journal_type.id", "note_class.id", "taxmodule.taxmodule_id"],
        demanded: &[
            ("account", "category", "'A'"),
            ("invoice", "qty", "-n"),
            ("invoice", "allocated", "0"),
            ("ar", "curr", "'XTS'"),
            ("ap", "curr", "'XTS'"),
            ("budget_info", "entered_by", "n"),
            ("budget_info", "start_date", "'2026-01-01'"),
            ("cr_report", "entered_by", "n"),
            ("asset_disposal_method", "multiple", "1"),
            ("entity_credit_account", "entity_class", "1"),
            ("entity_note", "note_class", "1"),
            ("eca_note", "note_class", "3"),
            ("journal_note", "note_class", "5"),
            ("file_transaction", "file_class", "1"),
            ("file_order", "file_class", "2"),
            ("file_part", "file_class", "3"),
            ("file_entity", "file_class", "4"),
            ("file_eca", "file_class", "5"),
            ("file_internal", "file_class", "6"),
            ("file_internal", "ref_key", "0"),
            ("file_incoming", "file_class", "7"),
            ("file_incoming", "ref_key", "0"),
        ],
        ..PLAIN
    },
    Schema { name: "procrastinate", source: Source::Files(&["python-schemas/procrastinate/sql/schema.sql"]), ..PLAIN },
    // objectcustomroles draws from objectscrips_id_seq, which is RT's own mistake. The audit
    // reports it.
    Schema {
        name: "request_tracker",
        source: Source::Files(&["schemas/request-tracker5/usr/share/request-tracker5/etc/schema.Pg"]),
        unlinked: &[("objectcustomroles_id_seq", &[])],
        ..PLAIN
    },
    Schema {
        name: "roundcube",
        source: Source::Files(&["schemas/roundcube-core/usr/share/roundcube/SQL/postgres.initial.sql"]),
        ..PLAIN
    },
    // One sequence for thirty tables.
    Schema {
        name: "sql_ledger",
        source: Source::Files(&[
            "schemas/sql-ledger/usr/share/sql-ledger/sql/Pg-tables.sql",
            "schemas/sql-ledger/usr/share/sql-ledger/sql/Pg-functions.sql",
        ]),
        ..PLAIN
    },
    SYNAPSE,
    Schema {
        name: "tt_rss",
        source: Source::Files(&["schemas/tt-rss/usr/share/tt-rss/schema/ttrss_schema_pgsql.sql"]),
        ..PLAIN
    },
    Schema {
        name: "ulogd2",
        source: Source::Files(&["schemas/ulogd2/usr/share/doc/ulogd2/pgsql-ulogd2.sql"]),
        behind_as_shipped: &["ip_proto._proto_id"],
        ..PLAIN
    },
    Schema {
        name: "zabbix",
        source: Source::Files(&["schemas/zabbix-server-pgsql/usr/share/zabbix-server-pgsql/schema.sql"]),
        ..PLAIN
    },
];

/// Synapse draws nearly all values itself. The columns are those for which its sources call
/// `MultiWriterIdGenerator` and `build_sequence_generator`.
const SYNAPSE: Schema = Schema {
    name: "synapse",
    source: Source::Synapse("python-schemas/synapse/storage/schema"),
    drawn: &[
        ("account_data", "stream_id", "nextval('account_data_sequence')"),
        ("room_account_data", "stream_id", "nextval('account_data_sequence')"),
        ("room_tags_revisions", "stream_id", "nextval('account_data_sequence')"),
        ("application_services_txns", "txn_id", "nextval('application_services_txn_id_seq')"),
        ("cache_invalidation_stream_by_instance", "stream_id", "nextval('cache_invalidation_stream_seq')"),
        ("device_inbox", "stream_id", "nextval('device_inbox_sequence')"),
        ("device_federation_outbox", "stream_id", "nextval('device_inbox_sequence')"),
        ("device_lists_stream", "stream_id", "nextval('device_lists_sequence')"),
        ("device_lists_outbound_pokes", "stream_id", "nextval('device_lists_sequence')"),
        ("user_signature_stream", "stream_id", "nextval('device_lists_sequence')"),
        ("e2e_cross_signing_keys", "stream_id", "nextval('e2e_cross_signing_keys_sequence')"),
        ("event_auth_chains", "chain_id", "nextval('event_auth_chain_id')"),
        // Negative for events that are older than the known ones.
        (
            "events",
            "stream_ordering",
            "CASE WHEN n % 2 = 0 THEN nextval('events_stream_seq') ELSE -nextval('events_backfill_stream_seq') END",
        ),
        ("current_state_delta_stream", "stream_id", "nextval('events_stream_seq')"),
        ("ex_outlier_stream", "event_stream_ordering", "nextval('events_stream_seq')"),
        ("presence_stream", "stream_id", "nextval('presence_stream_sequence')"),
        ("profile_updates", "stream_id", "nextval('profile_updates_sequence')"),
        ("push_rules_stream", "stream_id", "nextval('push_rules_stream_sequence')"),
        ("pushers", "id", "nextval('pushers_sequence')"),
        ("deleted_pushers", "stream_id", "nextval('pushers_sequence')"),
        ("quarantined_media_changes", "stream_id", "nextval('quarantined_media_id_seq')"),
        ("receipts_linearized", "stream_id", "nextval('receipts_sequence')"),
        ("state_groups", "id", "nextval('state_group_id_seq')"),
        ("sticky_events", "stream_id", "nextval('sticky_events_sequence')"),
        ("thread_subscriptions", "stream_id", "nextval('thread_subscriptions_sequence')"),
        ("un_partial_stated_event_stream", "stream_id", "nextval('un_partial_stated_event_stream_sequence')"),
        ("un_partial_stated_room_stream", "stream_id", "nextval('un_partial_stated_room_stream_sequence')"),
    ],
    // Guests' names.
    counted: &["user_id_seq"],
    by_name: &[
        "e2e_cross_signing_keys.stream_id",
        "profile_updates.stream_id",
        "pushers.id",
        "sticky_events.stream_id",
        "thread_subscriptions.stream_id",
        "un_partial_stated_event_stream.stream_id",
        "un_partial_stated_room_stream.stream_id",
    ],
    unlinked: &[
        ("account_data_sequence", &[]),
        ("application_services_txn_id_seq", &[]),
        ("cache_invalidation_stream_seq", &[]),
        ("device_inbox_sequence", &[]),
        ("device_lists_sequence", &[]),
        ("event_auth_chain_id", &[]),
        ("events_backfill_stream_seq", &[]),
        ("events_stream_seq", &[]),
        ("presence_stream_sequence", &[]),
        ("push_rules_stream_sequence", &[]),
        ("quarantined_media_id_seq", &[]),
        ("receipts_sequence", &[]),
        ("state_group_id_seq", &["public.state_groups.id"]),
        ("user_id_seq", &[]),
    ],
    ..PLAIN
};
