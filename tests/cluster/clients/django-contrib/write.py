"""Has Django's ORM write rows into the tables of its own applications."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.contrib.admin.models import ADDITION, LogEntry  # noqa: E402
from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.contrib.flatpages.models import FlatPage  # noqa: E402
from django.contrib.redirects.models import Redirect  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402
from django.db import transaction  # noqa: E402

with transaction.atomic():
    run = f"{User.objects.count()}"
    for n in range(3):
        user = User.objects.create(username=f"user {run} {n}")
        group = Group.objects.create(name=f"group {run} {n}")
        kind = ContentType.objects.create(app_label="shop", model=f"thing {run} {n}")
        permission = Permission.objects.create(codename=f"buy {run} {n}", name="may buy", content_type=kind)
        user.groups.add(group)
        user.user_permissions.add(permission)
        group.permissions.add(permission)
        LogEntry.objects.create(user=user, content_type=kind, object_repr="thing", action_flag=ADDITION)
        site = Site.objects.create(domain=f"{run}-{n}.example", name="a site")
        page = FlatPage.objects.create(url=f"/{run}/{n}/", title="a page")
        page.sites.add(site)
        Redirect.objects.create(site=site, old_path=f"/{n}", new_path="/")
