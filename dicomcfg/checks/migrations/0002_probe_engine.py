import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('checks', '0001_initial'),
        ('inventory', '0003_capabilities_roles_filters'),
    ]

    operations = [
        migrations.AddField(
            model_name='check',
            name='progress',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='checkrun',
            name='jitter_s',
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name='checkrun',
            name='rate_per_s',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='check',
            name='kind',
            field=models.CharField(choices=[('echo', 'Echo'), ('negotiate', 'Negotiate'), ('discover', 'Discover'), ('refusal', 'Refusal'), ('ladder', 'Diagnose'), ('find', 'Find'), ('store', 'Store')], max_length=12),
        ),
        migrations.AlterField(
            model_name='checkrun',
            name='kind',
            field=models.CharField(choices=[('echo', 'Echo'), ('negotiate', 'Negotiate'), ('discover', 'Discover'), ('refusal', 'Refusal'), ('ladder', 'Diagnose'), ('find', 'Find'), ('store', 'Store')], max_length=12),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='check_row',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='checks.check'),
        ),
        migrations.AlterField(
            model_name='check',
            name='ae',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='checks', to='inventory.ae'),
        ),
        migrations.AlterField(
            model_name='check',
            name='association',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='checks', to='inventory.association'),
        ),
        migrations.AlterField(
            model_name='check',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='checks.checkrun'),
        ),
        migrations.AddField(
            model_name='workerheartbeat',
            name='tls',
            field=models.JSONField(default=list),
        ),
    ]
