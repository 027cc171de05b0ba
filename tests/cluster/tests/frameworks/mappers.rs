//! The schemas that mappers generate, and how they allocate ids.

use crate::id_allocation::Drawing;

/// How a row is inserted: the sequence, how ids are allocated from it, and the statement with the
/// id as its parameter.
pub type Insert = (&'static str, Drawing, &'static str);

pub struct Emitted {
    pub name: &'static str,
    pub schema: &'static str,
    pub inserts: &'static [Insert],
    /// The kind of each sequence's link, and the columns that it feeds or, for the kind `none`, may
    /// feed.
    pub links: &'static [(&'static str, &'static str, &'static [&'static str])],
}

pub const DOCTRINE: Emitted = Emitted {
    name: "doctrine",
    schema: include_str!("doctrine.sql"),
    inserts: &[
        ("category_id_seq", Drawing::Single, "INSERT INTO category (id, name) VALUES ($1, 'a category')"),
        (
            "person_id_seq",
            Drawing::Single,
            "WITH person AS (INSERT INTO person VALUES ($1, 'a name', 'employee') RETURNING id)
             INSERT INTO employee SELECT id, 1000000 FROM person",
        ),
        ("product_id_seq", Drawing::Single, "INSERT INTO product VALUES ($1, 'a product', 1000000, now())"),
        (r#""user_id_seq""#, Drawing::Single, r#"INSERT INTO "user" VALUES ($1::int, 'user ' || $1::int, '[]', '')"#),
        (
            "messenger_messages_id_seq",
            Drawing::Single,
            "INSERT INTO messenger_messages VALUES ($1, '', '', '', now(), now())",
        ),
    ],
    links: &[
        ("category_id_seq", "by_name", &["category.id"]),
        ("messenger_messages_id_seq", "serial", &["messenger_messages.id"]),
        ("person_id_seq", "by_name", &["person.id"]),
        ("product_id_seq", "by_name", &["product.id"]),
        ("user_id_seq", "by_name", &[r#""user".id"#]),
    ],
};

pub const HIBERNATE_5: Emitted = Emitted {
    name: "hibernate5",
    schema: include_str!("hibernate5.sql"),
    inserts: &[
        ("hibernate_sequence", Drawing::Single, "INSERT INTO customer VALUES ($1, 'a customer', 1000000)"),
        ("order_seq", Drawing::Pooled(50), "INSERT INTO orders VALUES ($1, 1000000)"),
        ("hibernate_sequence", Drawing::Single, "INSERT INTO order_item SELECT $1, 1000000, max(id) FROM orders"),
    ],
    // The shared sequence may be used for orders as well, so there is no unambiguous candidate for
    // either.
    links: &[
        ("hibernate_sequence", "none", &["public.customer.id", "public.order_item.id", "public.orders.id"]),
        ("order_seq", "none", &["public.orders.id"]),
    ],
};

pub const HIBERNATE_6: Emitted = Emitted {
    name: "hibernate6",
    schema: include_str!("hibernate6.sql"),
    inserts: &[
        ("orders_seq", Drawing::Pooled(50), "INSERT INTO orders VALUES ($1, 1000000)"),
        ("person_seq", Drawing::Pooled(50), "INSERT INTO person VALUES (0, $1, 'a person')"),
        (
            "revinfo_seq",
            Drawing::Pooled(50),
            "WITH revinfo AS (INSERT INTO revinfo VALUES ($1, 1000000) RETURNING rev)
             INSERT INTO person_aud SELECT revinfo.rev, 0, person.id FROM revinfo, person",
        ),
        ("line_id_seq", Drawing::Single, "INSERT INTO line VALUES ($1, 1000000)"),
    ],
    links: &[
        ("line_id_seq", "identity_by_default", &["line.id"]),
        ("orders_seq", "by_name", &["orders.id"]),
        ("person_seq", "by_name", &["person.id"]),
        ("revinfo_seq", "by_name", &["revinfo.rev"]),
    ],
};

pub const EF_CORE: Emitted = Emitted {
    name: "efcore",
    schema: include_str!("efcore.sql"),
    inserts: &[
        (
            r#""EntityFrameworkHiLoSequence""#,
            Drawing::Low(10),
            r#"INSERT INTO "Blogs" VALUES ($1, 'https://a.example', 1000000)"#,
        ),
        (
            r#""EntityFrameworkHiLoSequence""#,
            Drawing::Low(10),
            r#"INSERT INTO "Posts" SELECT $1, 'a title', max("BlogId") FROM "Blogs""#,
        ),
        (r#""AnimalSequence""#, Drawing::Single, r#"INSERT INTO "Cats" VALUES ($1, 'a cat')"#),
        (r#""AnimalSequence""#, Drawing::Single, r#"INSERT INTO "Dogs" VALUES ($1, 'a dog')"#),
        (r#""Logs_Id_seq""#, Drawing::Single, r#"INSERT INTO "Logs" VALUES ($1, 'a text')"#),
    ],
    links: &[
        (r#""AnimalSequence""#, "default", &[r#""Cats".Id"#, r#""Dogs".Id"#]),
        (r#""EntityFrameworkHiLoSequence""#, "none", &[r#"public."Blogs"."BlogId""#, r#"public."Posts"."PostId""#]),
        (r#""Logs_Id_seq""#, "identity_by_default", &[r#""Logs".Id"#]),
    ],
};

pub const EF_CORE_NAMED: Emitted = Emitted {
    name: "efcore_named",
    schema: include_str!("efcore_named.sql"),
    inserts: &[
        ("catalog_brand_hilo", Drawing::Low(10), r#"INSERT INTO "CatalogBrands" VALUES ($1, 'a brand')"#),
        (
            "catalog_hilo",
            Drawing::Low(10),
            r#"INSERT INTO "Catalog" SELECT $1, 'a name', max("Id"), 1000000 FROM "CatalogBrands""#,
        ),
        ("ordering.paymentseq", Drawing::Low(10), "INSERT INTO ordering.paymentmethods VALUES ($1, 'a card')"),
        ("ordering.orderseq", Drawing::Low(10), "INSERT INTO ordering.orders VALUES ($1, 'an order')"),
    ],
    links: &[
        ("catalog_brand_hilo", "none", &[r#"public."CatalogBrands"."Id""#]),
        ("catalog_hilo", "by_name", &[r#""Catalog".Id"#]),
        ("ordering.orderseq", "none", &[r#"ordering.orders."Id""#]),
        ("ordering.paymentseq", "none", &[]),
    ],
};
