//! What object-relational mappers make of sequences: SQLAlchemy, Django and Sequelize at work on a restored database, and the
//! schemas of Doctrine, Hibernate and EF Core as these write them. What is not installed here (see tools/setup-clients) is said,
//! and fails the tests only if `FLIGHTCHECK_CLIENTS=all` demands it.

mod at_work;
mod drawing;
mod emitted;
mod mappers;
