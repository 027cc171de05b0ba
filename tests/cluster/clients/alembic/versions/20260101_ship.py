"""ship"""
from alembic import op

revision = "20260101ship"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)")
    op.execute("SELECT gate.pass()")
