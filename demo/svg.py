"""Draws a part of the demo's output as an SVG, or checks that an SVG shows it.

The part has no times or process ids, so that it is the same in every run.
"""

import re
import sys
import xml.etree.ElementTree as xml

COLUMNS = 100
MOST_LINES = 60

# The excerpts: the first line and the last one, as regular expressions.
EXCERPTS = [
    (r"== 2\. ", r"DETAIL: "),
    (r"== 3\. ", r"\(8 rows\)"),
    (r"== 5\. ", r"$"),
    (r"-- Do it\. ", r"\(2 rows\)"),
    (r"== 6\. ", r"$"),
    (r"INSERT INTO articles .* RETURNING ", r"\(1 row\)"),
]


def excerpt(output):
    """Returns the lines that the SVG shows."""
    lines = iter(line.rstrip() for line in output.splitlines())
    shown = []
    for first, last in EXCERPTS:
        start = next((line for line in lines if re.match(first, line)), None)
        if start is None:
            sys.exit(f"demo/svg: the output has no line that starts with {first}")
        if start.startswith("== ") and shown:
            shown.append("")
        shown.append(start)
        for line in lines:
            shown.append(line)
            if re.match(last, line):
                break
    for line in shown:
        if len(line) > COLUMNS:
            sys.exit(f"demo/svg: longer than {COLUMNS} columns: {line}")
    if len(shown) > MOST_LINES:
        sys.exit(f"demo/svg: {len(shown)} lines are more than {MOST_LINES}")
    return shown


def draw(lines):
    """Returns the SVG. It refers to no font on the web."""
    import io

    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    for line in lines:
        style = ""
        if line.startswith("== "):
            style = "bold"
        elif line.startswith("-- "):
            style = "cyan"
        elif line.startswith("ERROR:"):
            style = "bold red"
        console.print(Text(line, style=style), soft_wrap=True)
    template = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("font-family: Fira Code, monospace", "font-family: monospace")
    return console.export_svg(title="psql", code_format=template, unique_id="demo")


def text_of(svg):
    """Returns the lines of text in an SVG."""
    lines = {}
    for element in xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        line = re.search(r"demo-line-(\d+)\)", element.get("clip-path", ""))
        if line:
            part = (float(element.get("x")), "".join(element.itertext()).replace("\xa0", " "))
            lines.setdefault(int(line[1]), []).append(part)
    last = max(lines, default=-1)
    return ["".join(text for _, text in sorted(lines.get(line, []))).rstrip() for line in range(last + 1)]


def main():
    action, path, output = sys.argv[1:]
    with open(output, encoding="utf-8") as file:
        lines = excerpt(re.sub(r"\x1b\[[0-9;]*m", "", file.read()))
    if action == "draw":
        svg = draw(lines)
        with open(path, "w", encoding="utf-8") as file:
            file.write(svg)
    else:
        with open(path, encoding="utf-8") as file:
            svg = file.read()
    for number, (shown, expected) in enumerate(zip(text_of(svg) + [None], lines + [None]), 1):
        if shown != expected:
            sys.exit(f"{path} is not up to date, run: make docs\nline {number}\n  shows    {shown}\n  expected {expected}")
    print(f"{path} shows {len(lines)} lines of the demo")


main()
