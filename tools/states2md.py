#!/usr/bin/python3
"""states2md.py > docs/STATES.md: the life of a task as a diagram and tables, from lib/domain/*.def."""
import pathlib
import re

DOMAIN = pathlib.Path(__file__).resolve().parent.parent / "lib" / "domain"


def rows(name, macro):
    """Each MACRO(...) of a .def file as a list of its arguments; texts keep no quotes."""
    text = (DOMAIN / name).read_text(encoding="utf8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for start in re.finditer(rf"^{macro}\(", text, flags=re.M):
        yield split(text, start.end())


def split(text, i):
    args, word, depth, quoted = [], "", 0, False
    while depth >= 0:
        c = text[i]
        quoted ^= c == '"'
        depth += (c == "(") - (c == ")") if not quoted else 0
        if (c == "," and depth == 0 and not quoted) or depth < 0:
            args.append(word.strip().strip('"'))
            word = ""
        else:
            word += c
        i += 1
    return [re.sub(r"\s+", " ", a) for a in args]


def bits(expression):
    """P(A) | P(B) -> [A, B]"""
    return re.findall(r"\w\((\w+)\)", expression)


def names(name, macro, key=0, zh=2, en=3):
    return {r[key]: f"{r[zh]} {r[en]}" for r in rows(name, macro)}


def without(prefix, word):
    return "" if word in ("0", prefix + "KEEP", prefix + "NOTHING") else word.removeprefix(prefix)


def moves():
    keys = ("name rule posts states leg leg_states guards next next_if leg_next legs closure application about text "
            "zh en").split()
    return [dict(zip(keys, r, strict=True)) for r in rows("moves.def", "MOVE")]


def diagram(task_states):
    yield "```mermaid\nstateDiagram-v2"
    for state, label in task_states.items():
        yield f"    {state}: {label}"
    yield "    [*] --> DRAFT"
    for m in moves():
        for state in bits(m["states"]) if m["next"] != "0" else []:
            yield f"    {state} --> {m['next'].removeprefix('TASK_')}: {m['rule'] or m['zh']} {m['name'].lower()}"
    yield "```"


def move_lines(posts):
    yield "| Move | Rule | 中文 | Posts | From | Leg | To | Leg after | Guards | Effects |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for m in moves():
        leg = "" if m["leg"] == "NONE" else f"{m['leg'].lower()}: " + ", ".join(bits(m["leg_states"]))
        to = without("TASK_", m["next"]) + (f" if {', '.join(bits(m['next_if']))}" if m["next_if"] != "0" else "")
        effects = [f"{k} {v}" for k, v in (("legs", without("LEGS_", m["legs"])),
                                           ("closure", without("CLOSURE_", m["closure"])),
                                           ("application", without("APPLICATION_", m["application"])),
                                           ("about", without("ABOUT_", m["about"]))) if v]
        yield "| " + " | ".join([m["name"], m["rule"], m["zh"], ", ".join(posts[p] for p in bits(m["posts"])),
                                 ", ".join(bits(m["states"])), leg, to, without("LEG_", m["leg_next"]),
                                 ", ".join(bits(m["guards"])), "; ".join(effects)]) + " |"


def guard_lines():
    yield "| Guard | Fact | Must hold | 中文 | English | Who can unblock |"
    yield "|---|---|---|---|---|---|"
    for reason, fact, wanted, _, zh, en, *unblock in rows("guards.def", "GUARD"):
        yield f"| {reason} | {fact} | {'yes' if wanted == '1' else 'no'} | {zh} | {en} | {' / '.join(filter(None, unblock))} |"


def application_lines():
    fields = {"UNIT": "other_unit_id", "DAY": "day", "RESULT": "result", "NOTHING": ""}
    yield "| Kind | Beside its reason it gives this field and no other |"
    yield "|---|---|"
    for kind, field, *_ in rows("applications.def", "APPLICATION"):
        yield f"| {kind} | {fields[field]} |"


def report_lines(posts):
    yield "| Move | 中文 | Posts | Task | Report from | To | Another person than who handed it in |"
    yield "|---|---|---|---|---|---|---|"
    for name, of, task, _, states, after, two, zh, _ in rows("report_moves.def", "REPORT_MOVE"):
        yield "| " + " | ".join([name, zh, ", ".join(posts[p] for p in bits(of)), ", ".join(bits(task)),
                                 ", ".join(bits(states)), after.removeprefix("REPORT_"), "yes" if two == "true" else ""]) + " |"


def name_lines(table, title):
    yield f"| {title} | 中文 English |"
    yield "|---|---|"
    for key, label in table.items():
        yield f"| {key} | {label} |"


def main():
    task_states = names("task_states.def", "TASK_STATE")
    leg_states = names("leg_states.def", "LEG_STATE")
    posts = names("posts.def", "POST")
    for block in ([("# The life of a task\n\nMade by `tools/states2md.py` from `lib/domain/*.def`; do not edit.\n"
                    "A guard is tried only for the moves that name it; the first that fails is the answer.\n")],
                  diagram(task_states), ["\n## Moves\n"], move_lines(posts), ["\n## Guards\n"], guard_lines(),
                  ["\n## Applications\n"],
                  application_lines(), ["\n## States of a task\n"], name_lines(task_states, "State"), ["\n## States of a leg\n"],
                  name_lines(leg_states, "State"), ["\n## Reports (T7)\n"], report_lines(posts), ["\n## States of a report\n"],
                  name_lines(names("report_states.def", "REPORT_STATE"), "State"), ["\n## Posts\n"],
                  name_lines(posts, "Post")):
        for line in block:
            print(line)


if __name__ == "__main__":
    main()
