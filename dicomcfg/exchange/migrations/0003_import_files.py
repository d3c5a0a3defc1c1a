"""Kept imports of one file become imports of several: each takes its only file with it."""

from django.db import migrations

_BATCH = 50


def move_files(apps, schema_editor):
    Import = apps.get_model("exchange", "Import")
    ImportFile = apps.get_model("exchange", "ImportFile")
    for row in Import.objects.order_by("pk").iterator(chunk_size=_BATCH):
        ImportFile.objects.create(
            of=row,
            position=0,
            name=row.name,
            format=row.format,
            is_chosen=True,
            data=row.source,
        )
        options = dict(row.options)
        if options.pop("overwrite", False):
            options["mode"] = "replace"
        if "calling" in options:
            options["target"] = "association"
        row.options = options
        row.state = "kept" if row.applied_at is None else "applied"
        row.save(update_fields=["options", "state"])


class Migration(migrations.Migration):

    dependencies = [("exchange", "0002_import_plan")]

    operations = [migrations.RunPython(move_files, migrations.RunPython.noop)]
