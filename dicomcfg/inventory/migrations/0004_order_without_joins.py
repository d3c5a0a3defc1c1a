"""Order children by their parent's id: by the parent itself, each query joins its ordering too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_hosts_without_case")]
    operations = [
        migrations.AlterModelOptions("connection", {"ordering": ("ae_id", "position")}),
        migrations.AlterModelOptions(
            "presentationcontext", {"ordering": ("association_id", "position")}
        ),
        migrations.AlterModelOptions(
            "syntaxlistentry", {"ordering": ("syntax_list_id", "position")}
        ),
    ]
