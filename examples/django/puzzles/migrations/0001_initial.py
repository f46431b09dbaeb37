from django.db import migrations, models


def add_puzzles(apps, schema_editor):
    puzzle = apps.get_model("puzzles", "Puzzle")
    for text in ["f(x[0], {})", "while (true) { x[0]++ ]"]:
        puzzle.objects.create(text=text)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Puzzle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=200)),
            ],
        ),
        migrations.RunPython(add_puzzles, migrations.RunPython.noop),
    ]
