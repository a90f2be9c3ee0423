"""What a rule is: a name, the files it is about, and a check that yields (line, message)."""
import re


class Rule:
    def __init__(self, name, paths, check):
        self.name, self.paths, self.check = name, re.compile(paths), check

    def applies(self, path):
        return self.paths.search(path) is not None


def each_line(pattern, message):
    """A check that complains about every line the pattern matches."""
    wanted = re.compile(pattern)
    return lambda _path, text: ((n, message) for n, line in enumerate(text.split("\n"), 1) if wanted.search(line))


def at_most(limit):
    """A check of the file's length in lines."""
    def check(_path, text):
        if text.count("\n") > limit:
            yield text.count("\n"), f"more than {limit} lines: this is two things"
    return check


def first_line(pattern, message):
    wanted = re.compile(pattern)
    return lambda _path, text: [] if wanted.search(text.split("\n", 1)[0]) else [(1, message)]
