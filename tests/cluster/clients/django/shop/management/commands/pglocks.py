"""Migrates under a lock of django-pglocks, as its users do in deployments with several containers."""
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django_pglocks import advisory_lock


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("lock_id")

    def handle(self, *args, lock_id, **options):
        with advisory_lock(lock_id):
            call_command("migrate")
