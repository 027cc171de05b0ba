//! How object-relational mappers use sequences: SQLAlchemy, Django and Sequelize write into a
//! restored database, and the schemas of Doctrine, Hibernate and EF Core are tested as these
//! generate them. A program that is not installed (see tools/setup-clients) is reported, and fails
//! the tests only if `FLIGHTCHECK_CLIENTS=all` requires it.

mod after_restore;
mod generated_schemas;
mod id_allocation;
mod mappers;
