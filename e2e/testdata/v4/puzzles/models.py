"""A release that starts and is not well: it wants a column that no migration makes."""

from django.db import models

from brackets import balanced


class Puzzle(models.Model):
    text = models.CharField(max_length=200)
    level = models.IntegerField(null=True)
    score = models.IntegerField(null=True)

    def broken(self):
        return not balanced(self.text)
