"""Host names compare without case: index them so."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_first_site")]
    operations = [
        migrations.RemoveIndex("connection", "connection_by_address"),
        migrations.AddIndex(
            "connection", models.Index(Lower("hostname"), "port", name="connection_by_address")
        ),
    ]
