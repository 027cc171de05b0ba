-- EF Core's UseHiLo("…") for each entity, as in a Microsoft sample shop.
CREATE SCHEMA ordering;
CREATE SEQUENCE catalog_brand_hilo START WITH 1 INCREMENT BY 10 NO MINVALUE NO MAXVALUE NO CYCLE;
CREATE SEQUENCE catalog_hilo START WITH 1 INCREMENT BY 10 NO MINVALUE NO MAXVALUE NO CYCLE;
CREATE SEQUENCE ordering.orderseq START WITH 1 INCREMENT BY 10 NO MINVALUE NO MAXVALUE NO CYCLE;
CREATE SEQUENCE ordering.paymentseq START WITH 1 INCREMENT BY 10 NO MINVALUE NO MAXVALUE NO CYCLE;
CREATE TABLE "CatalogBrands" (
    "Id" integer NOT NULL,
    "Brand" character varying(100) NOT NULL,
    CONSTRAINT "PK_CatalogBrands" PRIMARY KEY ("Id")
);
CREATE TABLE "Catalog" (
    "Id" integer NOT NULL,
    "Name" character varying(50) NOT NULL,
    "CatalogBrandId" integer NOT NULL,
    "AvailableStock" integer NOT NULL,
    CONSTRAINT "PK_Catalog" PRIMARY KEY ("Id"),
    CONSTRAINT "FK_Catalog_CatalogBrands_CatalogBrandId" FOREIGN KEY ("CatalogBrandId") REFERENCES "CatalogBrands" ("Id") ON DELETE CASCADE
);
CREATE TABLE ordering.paymentmethods (
    "Id" integer NOT NULL,
    "Alias" character varying(200) NOT NULL,
    CONSTRAINT "PK_paymentmethods" PRIMARY KEY ("Id")
);
CREATE TABLE ordering.orders (
    "Id" integer NOT NULL,
    "Description" text,
    "PaymentMethodId" integer,
    CONSTRAINT "PK_orders" PRIMARY KEY ("Id"),
    CONSTRAINT "FK_orders_paymentmethods_PaymentMethodId" FOREIGN KEY ("PaymentMethodId") REFERENCES ordering.paymentmethods ("Id")
);
