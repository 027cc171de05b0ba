"""Creates the tables of Celery's result backend, as it does at its first result."""

import sqlalchemy
from celery.backends.database.session import ResultModelBase
import celery.backends.database.models  # noqa: F401  (declares the tables)

ResultModelBase.metadata.create_all(sqlalchemy.create_engine("postgresql+psycopg://"))
