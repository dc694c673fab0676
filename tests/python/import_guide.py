"""Executes every block of docs/IMPORT.md: python import_guide.py PLUMBLINE [SECTION]. Needs requirements.txt.

Each section runs in a folder of its own, in which there is only leads.csv, made here. Afterwards every lead must be scored, with reasons,
and every probability be within 1e-6 of the library's. Prints a line per section and its largest difference.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/IMPORT.md")


def leads(path, rows=2000):
    """Leads as a CRM exports them: numbers and texts, some missing, some with blanks and accents."""
    draw = np.random.Generator(np.random.PCG64(3))
    sources = np.array(["Web", "Referral, paid", "Olark Chat", "Énquête", "Trade fair"])
    industries = np.array(["IT", "Health care", "Retail", "Public sector"])
    table = pd.DataFrame(
        {
            "lead_id": [f"L-{i:05}" for i in range(rows)],
            "visits": draw.poisson(3.0, rows).astype(float),
            "minutes": np.round(draw.lognormal(1.5, 1.0, rows), 2),
            "source": sources[draw.integers(0, len(sources), rows)],
            "industry": industries[draw.integers(0, len(industries), rows)],
            "newsletter": draw.integers(0, 2, rows),
        }
    )
    pull = table["visits"] * 0.4 + np.log1p(table["minutes"]) + (table["source"] == "Referral, paid") - 3.5
    table["converted"] = (draw.random(rows) < 1 / (1 + np.exp(-pull))).astype(int)
    for name, share in [("visits", 0.05), ("source", 0.04), ("industry", 0.2)]:
        table.loc[draw.random(rows) < share, name] = None
    table.to_csv(path, index=False)


def main(tool, only=None):
    with open(PAGE, encoding="utf-8") as file:
        sections = re.split(r"^## ", file.read(), flags=re.M)[1:]
    ran = 0
    for section in sections:
        title = section.split("\n", 1)[0]
        blocks = re.findall(r"^```(python|sh)\n(.*?)^```$", section, flags=re.M | re.S)
        if not blocks or (only and only not in title):
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            leads(os.path.join(folder, "leads.csv"))
            path = os.path.dirname(os.path.abspath(tool)) + os.pathsep + os.environ["PATH"]
            for language, code in blocks:
                command = [sys.executable, "-W", "ignore", "-c", code] if language == "python" else ["sh", "-e", "-c", code]
                run = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
                assert run.returncode == 0, f"{title}:\n{code}\n{run.stdout}\n{run.stderr}"
            scores = pd.read_csv(os.path.join(folder, "scores.csv"))
            expected = pd.read_csv(os.path.join(folder, "predictions.csv"))
            assert list(scores["lead_id"]) == list(expected["lead_id"]), title
            assert scores["reasons"].str.contains(" points?").all(), title
            apart = float(np.abs(scores["probability"] - expected["prediction"]).max())
            assert apart <= 1e-6, f"{title}: {apart}"
        ran += 1
        print(f"{title}: {len(scores)} leads, largest difference {apart:.1e}, {time.monotonic() - started:.1f} s")
    assert ran >= (1 if only else 5), f"only {ran} sections have examples"


if __name__ == "__main__":
    main(*sys.argv[1:])
