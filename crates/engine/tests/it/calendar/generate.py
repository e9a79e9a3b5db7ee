#!/usr/bin/env python3
"""Computes the corpus of calendars, independently of the code it tests.

Reads calendars.tsv, walks real time minute by minute with the zone database of Python, reads the
clock on the wall, and asks whether that reading lies in a window. Writes cases.tsv, which the tests
compare with. Run it here, after changing calendars or questions:

    python3 generate.py
"""
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
MINUTE = timedelta(minutes=1)
HORIZON = 366 * 24 * 60


class Calendar:
    def __init__(self, zone, weekly, dates, flags):
        self.zone = ZoneInfo(zone)
        self.weekly, self.dates, self.flags = weekly, dates, flags

    def starting(self, day):
        if day in self.dates:
            return self.dates[day]
        return [w for d, w in self.weekly if d == day.isoweekday()]

    def open(self, at):
        if "closed" in self.flags:
            return False
        if "always" in self.flags:
            return True
        wall = at.astimezone(self.zone)
        minute = wall.hour * 60 + wall.minute
        today = wall.date()
        if any(s <= minute < e for s, e in self.starting(today)):
            return True
        if today in self.dates:
            return False
        before = self.starting(today - timedelta(days=1))
        return any(s <= minute + 1440 < e for s, e in before)

    def next(self, at, wanted):
        for n in range(HORIZON):
            if self.open(at + n * MINUTE) == wanted:
                return at + n * MINUTE
        return None

    def between(self, a, b):
        n, at = 0, a
        while at < b:
            n += self.open(at)
            at += MINUTE
        return n

    def add(self, at, minutes):
        for _ in range(HORIZON):
            if minutes == 0:
                return at
            minutes -= self.open(at)
            at += MINUTE
        return at if minutes == 0 else None


def window(text):
    start, end = text.split("-")
    return int(start), int(end)


def calendars():
    found = {}
    for line in open("calendars.tsv"):
        if line.startswith("#") or not line.strip():
            continue
        name, zone, weekly, dates, flags = (line.rstrip("\n").split("\t") + [""] * 4)[:5]
        week = []
        for part in weekly.split():
            days, w = part.split(":")
            first, last = (days.split("-") + [days])[:2]
            week += [(d, window(w)) for d in range(int(first), int(last) + 1)]
        known = {}
        for part in dates.split():
            day, hours = part.split("=")
            known[date.fromisoformat(day)] = [window(w) for w in hours.split(",") if w]
        found[name] = Calendar(zone, week, known, flags.split())
    return found


def questions():
    """name, operation, instant in UTC, argument, where the question comes from"""
    for line in open("questions.tsv"):
        if not line.startswith("#") and line.strip():
            yield (line.rstrip("\n").split("\t") + [""] * 2)[:5]
    # A grid over every kind of calendar: instants around their changes.
    grid = {
        "split": [
            "2026-03-09T11:59", "2026-03-09T12:00",
            "2026-03-09T12:59", "2026-03-13T16:30",
        ],
        "night": [
            "2026-05-01T23:59", "2026-05-02T00:00",
            "2026-05-02T05:59", "2026-05-04T03:00",
        ],
        "holidays": [
            "2026-12-23T16:30", "2026-12-24T10:59",
            "2026-12-26T10:00", "2026-12-31T12:00",
        ],
        "berlin_night": [
            "2026-03-28T23:00", "2026-03-29T00:30",
            "2026-10-24T22:00", "2026-10-25T01:30",
        ],
        "newyork": [
            "2026-03-08T06:30", "2026-03-08T07:30",
            "2026-11-01T05:30", "2026-11-01T06:30",
        ],
        "lordhowe": [
            "2026-04-04T14:45", "2026-04-04T15:15",
            "2026-10-03T15:15", "2026-10-03T15:45",
        ],
        "kathmandu": [
            "2026-06-01T03:14", "2026-06-01T03:15",
            "2026-06-05T11:14", "2026-06-05T11:15",
        ],
        "havana": [
            "2026-03-08T04:30", "2026-03-08T05:30",
            "2026-11-01T04:30", "2026-11-01T05:30",
        ],
    }
    for name, instants in grid.items():
        for at in instants:
            yield name, "open", at, "", "grid"
            yield name, "next_open", at, "", "grid"
            yield name, "next_close", at, "", "grid"
            yield name, "add", at, "45", "grid"
            yield name, "add", at, "960", "grid"
            later = datetime.fromisoformat(at) + timedelta(hours=53)
            yield name, "between", at, later.isoformat()[:16], "grid"


def shown(at):
    return "none" if at is None else at.strftime("%Y-%m-%dT%H:%M")


def answer(calendar, op, at, argument):
    start = datetime.fromisoformat(at).replace(tzinfo=UTC)
    if op == "open":
        return "yes" if calendar.open(start) else "no"
    if op == "next_open":
        return shown(calendar.next(start, True))
    if op == "next_close":
        return shown(calendar.next(start, False))
    if op == "between":
        return str(calendar.between(start, datetime.fromisoformat(argument).replace(tzinfo=UTC)))
    return shown(calendar.add(start, int(argument)))


def main():
    known = calendars()
    with open("cases.tsv", "w") as out:
        out.write("# Made by generate.py: calendar, operation, UTC, argument, answer, origin.\n")
        for name, op, at, argument, origin in questions():
            given = answer(known[name], op, at, argument)
            out.write("\t".join([name, op, at, argument, given, origin]) + "\n")


main()
