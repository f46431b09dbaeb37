from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("puzzles", "0001_initial")]
    operations = [migrations.AddField("puzzle", "level", models.IntegerField(null=True))]
