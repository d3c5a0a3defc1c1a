from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("exchange", "0003_import_files")]

    operations = [
        migrations.RemoveField(model_name="import", name="format"),
        migrations.RemoveField(model_name="import", name="source"),
    ]
