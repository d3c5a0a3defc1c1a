"""The site that exists from the start and stays out of sight until there are two."""

from django.db import migrations


def make_first_site(apps, schema_editor):
    apps.get_model("inventory", "Site").objects.create(name="Main site", slug="main")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunPython(make_first_site, migrations.RunPython.noop)]
