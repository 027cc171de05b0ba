"""Creates and fills the tables of Tryton's kernel, as its first start on a database does."""

import os
import sys

os.environ["TRYTONPASSFILE"] = "password"
sys.argv = ["trytond-admin", "-c", "trytond.conf", "-d", os.environ["PGDATABASE"], "-u", "res", "--email", "admin@localhost"]

from trytond.cli.admin import main  # noqa: E402

main()
