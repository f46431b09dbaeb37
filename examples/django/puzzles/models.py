from django.db import models

from brackets import balanced


class Puzzle(models.Model):
    text = models.CharField(max_length=200)

    def broken(self):
        return not balanced(self.text)
