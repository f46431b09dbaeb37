"""Cannot be applied: the rows have no level yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("puzzles", "0002_puzzle_level")]
    operations = [migrations.AlterField("puzzle", "level", models.IntegerField())]
