"""Migrates under a lock of django-pglock."""
import pglock
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("lock_id")

    def handle(self, *args, lock_id, **options):
        with pglock.advisory(lock_id):
            call_command("migrate")
