"""Tells whether the brackets of a text are balanced."""

PAIRS = {")": "(", "]": "[", "}": "{"}


def balanced(text):
    """Whether every bracket is closed by its own kind, in order."""
    still_open = []
    for character in text:
        if character in PAIRS.values():
            still_open.append(character)
        elif character in PAIRS:
            if not still_open or still_open.pop() != PAIRS[character]:
                return False
    return not still_open
