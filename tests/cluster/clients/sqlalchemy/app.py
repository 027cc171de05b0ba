"""A shop on SQLAlchemy: `create` makes its tables, `write` has rows written by the ORM."""

import sys

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, Sequence, String, Table, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


tagged = Table(
    "tagged",
    Base.metadata,
    Column("product_id", ForeignKey("product.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Product(Base):
    """A key by default: serial."""

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    tags: Mapped[list["Tag"]] = relationship(secondary=tagged)


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str]


class Invoice(Base):
    """SQLAlchemy draws: the database has no default."""

    __tablename__ = "invoice"
    id: Mapped[int] = mapped_column(Integer, Sequence("invoice_id_seq"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, Sequence("invoice_number_seq"), unique=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    product: Mapped[Product] = relationship()


class Shipment(Base):
    """The database draws, from a sequence that no column owns."""

    __tablename__ = "shipment"
    number = Sequence("shipments")
    id: Mapped[int] = mapped_column(BigInteger, number, server_default=number.next_value(), primary_key=True)


engine = create_engine("postgresql+psycopg://")
if sys.argv[1] == "create":
    Base.metadata.create_all(engine)
else:
    with Session(engine) as session:
        for n in range(3):
            product = Product(name=f"product {n}", tags=[Tag(name=f"tag {n}")])
            session.add_all([Invoice(product=product), Shipment()])
        session.commit()
