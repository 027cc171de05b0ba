from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL("CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)"),
        migrations.RunSQL("SELECT gate.pass()"),
    ]
