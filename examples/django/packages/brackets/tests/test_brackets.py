import unittest

from brackets import balanced


class BalancedTest(unittest.TestCase):
    def test_texts(self):
        for text, want in [("", True), ("a (b) [c]", True), ("([)]", False), ("(", False), (")", False)]:
            with self.subTest(text):
                self.assertIs(balanced(text), want)


if __name__ == "__main__":
    unittest.main()
