#!/usr/bin/python3
"""calendar2def.py chinese-days.json VERSION > lib/domain/calendar_days.def: the official calendar as a table."""
import datetime
import json
import sys

HEAD = """/* Official holidays on weekdays and make-up workdays on weekends (调休), as the State Council publishes them year by year.
 * Source: npm package chinese-days {} (MIT), dist/chinese-days.json; made by tools/calendar2def.py.
 * DAY(year, month, day, kind) */"""


def rows(calendar):
    """Days that differ from the plain week, in order."""
    for key, kind, is_exception in (("holidays", "HOLIDAY", lambda d: d.weekday() < 5),
                                    ("workdays", "WORKDAY", lambda d: d.weekday() >= 5)):
        for text in calendar[key]:
            day = datetime.date.fromisoformat(text)
            if is_exception(day):
                yield day, kind


def main(path, version):
    with open(path, encoding="utf8") as file:
        calendar = json.load(file)
    print(HEAD.format(version))
    for day, kind in sorted(rows(calendar)):
        print(f"DAY({day.year}, {day.month}, {day.day}, {kind})")


main(*sys.argv[1:])
