use super::*;
use proptest::prelude::*;

#[test]
fn by_name_recognizes_names_of_frameworks() {
    for (sequence, table, column) in [
        ("product_id_seq", "product", "id"),
        ("Product_Id_seq", "product", "id"),
        ("SEQ_ORDERS_ORDER_NO", "orders", "order_no"),
        ("gen_orders_id", "orders", "id"),
        ("user_account_id_seq", "user_account", "id"),
    ] {
        assert!(names_column(sequence, table, column), "{sequence}");
    }
    for (sequence, table) in [
        ("book_seq", "book"),
        ("Book_SEQ", "book"),
        ("seq_book", "BOOK"),
        ("book_sq", "book"),
        ("sq_book", "book"),
        ("book_s", "book"),
        ("book_id_seq", "book"),
        ("pk_book", "book"),
        ("book_hilo", "book"),
        ("BookHiLoSequence", "Book"),
        ("booksequence", "book"),
        ("bookseq", "book"),
        ("book_seq_seq", "book_seq"),
    ] {
        assert!(names_table(sequence, table), "{sequence}");
    }
}

#[test]
fn by_name_rejects_other_names() {
    for (sequence, table) in
        [("book_seq", "books"), ("books", "book"), ("book_title_seq", "book"), ("book", "book"), ("ebook_seq", "book")]
    {
        assert!(!names_table(sequence, table), "{sequence}");
    }
    assert!(!names_column("product_id_seq", "product", "no"));
    assert!(!names_column("productid_seq", "product", "id"));
}

#[test]
fn by_name_recognizes_similar_names() {
    for (sequence, table) in [
        ("orderseq", "orders"),
        ("order_item_seq", "OrderItems"),
        ("category_id_seq", "categories"),
        ("boxes_seq", "box"),
    ] {
        assert!(resembles_table(sequence, table), "{sequence}");
    }
    assert!(!resembles_table("order_seq", "border"));
    assert!(!resembles_table("address_seq", "addres"));
}

#[test]
fn by_name_recognizes_generic_names() {
    for name in [
        "hibernate_sequence",
        "EntityFrameworkHiLoSequence",
        "sequence_generator",
        "SEQ_GEN_SEQUENCE",
        "seq",
        "id_seq",
        "global_id_seq",
        "seq_1",
    ] {
        assert!(is_generic(name), "{name}");
    }
    for name in ["invoice_counter", "orders_seq", "hibernates_seq", "OrderIds"] {
        assert!(!is_generic(name), "{name}");
    }
    assert!(is_hilo("EntityFrameworkHiLoSequence") && is_hilo("catalog_hilo") && !is_hilo("book_seq"));
}

#[test]
fn by_name_truncates_as_the_server_does() {
    let (table, column) = ("t".repeat(60), "c".repeat(20));
    assert_eq!(object_name(&table, &column, "seq"), format!("{}_{column}_seq", "t".repeat(38)));
    assert_eq!(object_name("é".repeat(40).as_str(), "ids", "seq").len(), 62, "not within a character");
    assert!(names_column(&object_name(&table, &column, "seq"), &table, &column));
    assert!(names_column(&sqlalchemy_name(&table, "id"), &table, "id"));
    assert_eq!(sqlalchemy_name(&table, &column), format!("{}_{column}_seq", "t".repeat(38)));
    assert!(names_column(&format!("{}_id", "t".repeat(60)), &"t".repeat(60), "id"));
    let long = "l".repeat(62);
    assert!(names_table(&format!("{long}_"), &long) && names_table(&format!("seq_{}", "l".repeat(59)), &long));
    assert!(!names_table(&"l".repeat(50), &long));
}

proptest! {
    #[test]
    fn by_name_compares_any_names(sequence in "[a-zA-Z_é0-9]{0,70}", table in "[a-zA-Z_é]{1,63}", column in "[a-zA-Z_é]{1,63}") {
        names_table(&sequence, &table);
        names_column(&sequence, &table, &column);
        resembles_table(&sequence, &table);
        is_generic(&sequence);
    }

    /// Any name made by the pattern is recognized, and the table is among those that are looked up.
    #[test]
    fn by_name_recognizes_generated_names(table in "[a-z][a-z_]{0,20}[a-z]", column in "[a-z][a-z_]{0,10}[a-z]") {
        let sequence = format!("{table}_{column}_seq");
        prop_assert!(names_column(&sequence, &table, &column));
        prop_assert!(stems(&sequence).iter().any(|stem| tables(stem).any(|name| name == table)));
        let upper = table.to_uppercase() + "_SEQ";
        prop_assert!(names_table(&upper, &table));
    }

    /// The server's own name for a serial column is never longer than NAMEDATALEN allows.
    #[test]
    fn by_name_serial_name_fits_namedatalen(table in "[a-zé]{1,63}", column in "[a-zé]{1,63}") {
        prop_assert!(object_name(&table, &column, "seq").len() <= LONGEST_NAME);
    }
}
