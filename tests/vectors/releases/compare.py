"""Trains some 700 models with old and new releases of XGBoost and LightGBM and compares every margin with plumbline's, bit for bit.

    python3 tests/vectors/releases/compare.py PLUMBLINE [RELEASE …]      # such as xgboost==1.7.6; default: all below

Makes an environment per release under target/releases (a few hundred MB in all; Python 3.11 has wheels of every release named here),
trains there (train.py) and runs PLUMBLINE import and score --raw. Prints a line per release; exit code 1 when any margin differs or a
file is rejected. Needs nothing but Python and pip; takes about ten minutes on two cores.
"""

import csv
import json
import os
import shutil
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.environ.get("PLUMBLINE_RELEASES") or os.path.join(HERE, "../../../target/releases")
RELEASES = (
    ["xgboost==" + v for v in ["1.0.2", "1.2.1", "1.3.3", "1.5.2", "1.6.2", "1.7.6", "2.0.3", "2.1.4", "3.0.5", "3.1.3", "3.2.0"]]
    + ["lightgbm==" + v for v in ["2.0.12", "2.1.2", "2.2.3", "2.3.1", "3.0.0", "3.2.1", "3.3.5", "4.0.0", "4.3.0", "4.6.0", "4.7.0"]]
)
# The last numpy whose 1.x interface the old releases need; scikit-learn because old LightGBM imports it.
BESIDE = ["numpy==1.26.4", "scipy==1.13.1", "scikit-learn==1.4.2", "setuptools==69.5.1"]


def environment(release):
    folder = os.path.join(WORK, "venv-" + release.replace("==", "-"))
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "ready")):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", release, *BESIDE], check=True)
        open(os.path.join(folder, "ready"), "w").close()
    return python


def rows(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))[1:]


def bits(text):
    return struct.pack("<d", float(text))


def compare(tool, folder, file):
    """Margins, those that are equal, and what is wrong."""
    bundle, out = os.path.join(folder, "m.plumb"), os.path.join(folder, "out.csv")
    with open(os.path.join(folder, "rounds")) as text:
        rounds = text.read()
    run = subprocess.run([tool, "import", os.path.join(folder, file), "-o", bundle, "--rounds", rounds], capture_output=True, text=True)
    expected = rows(os.path.join(folder, "margins.csv"))
    if run.returncode:
        return len(expected), 0, run.stderr.strip().splitlines()[-1][:200]
    run = subprocess.run([tool, "score", bundle, os.path.join(folder, "inputs.csv"), "--raw", "-o", out], capture_output=True, text=True)
    found = rows(out) if run.returncode == 0 else []
    margins = [(e, f) for e_row, f_row in zip(expected, found) for e, f in zip(e_row, f_row)]
    equal = sum(bits(e) == bits(f) or float(e) != float(e) and float(f) != float(f) for e, f in margins)
    total = sum(map(len, expected))
    first = next((f"{f}, library {e}" for e, f in margins if bits(e) != bits(f)), run.stderr.strip()[:200])
    return total, equal, "" if equal == total else first


def main(tool, *releases):
    failures, sums = [], [0, 0, 0, 0]
    print(f"{'release':<20}{'models':>8}{'files':>8}{'margins':>10}{'equal':>10}  not known to the release")
    for release in releases or RELEASES:
        python = environment(release)
        into = os.path.join(WORK, release.replace("==", "-"))
        shutil.rmtree(into, ignore_errors=True)
        os.makedirs(into)
        trained = subprocess.run(
            [python, os.path.join(HERE, "train.py"), into, release.split("==")[0]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        names = sorted(name for name in os.listdir(into) if os.path.isdir(os.path.join(into, name)))
        if trained.returncode or not names:
            failures.append(f"{release}: nothing was trained")
            continue
        counts = [len(names), 0, 0, 0]
        for name in names:
            folder = os.path.join(into, name)
            for file in sorted(f for f in os.listdir(folder) if f.startswith("model.")):
                total, equal, wrong = compare(tool, folder, file)
                counts = [counts[0], counts[1] + 1, counts[2] + total, counts[3] + equal]
                if wrong:
                    failures.append(f"{release} {name}/{file}: {equal} of {total} equal; {wrong}")
        with open(os.path.join(into, "unknown.json")) as text:
            unknown = sorted(json.load(text))
        print(f"{release:<20}{counts[0]:>8}{counts[1]:>8}{counts[2]:>10}{counts[3]:>10}  {', '.join(unknown)}", flush=True)
        sums = [a + b for a, b in zip(sums, counts)]
    print(f"{'all':<20}{sums[0]:>8}{sums[1]:>8}{sums[2]:>10}{sums[3]:>10}")
    for failure in failures:
        print(failure)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
