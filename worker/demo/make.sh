#!/bin/sh
# Remakes the demo: demo.plumb and leads.ndjson beside this script. Needs cargo and a Python with xgboost==3.2.0 and numpy
# (PYTHON=…; without one, a virtual environment is made in target/demo).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=target/demo
mkdir -p "$work"
python=${PYTHON:-$work/venv/bin/python}
if [ ! -x "$(command -v "$python" || true)" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet xgboost==3.2.0 numpy==2.3.4
fi
cargo run --quiet -p xtask -- demo-data --rows 60000 --seed 1 -o "$work/leads.csv"
cargo run --quiet -p xtask -- demo-data --rows 50 --seed 2 --leads -o "$here/leads.ndjson"
cargo run --quiet -p plumbline -- features "$here/schema.toml" "$work/leads.csv" -o "$work/rows.csv" --at scored_at --keep scored_at,converted
"$python" "$here/train.py" "$work/rows.csv" "$here/schema.toml" "$work/model.ubj" "$work/declaration.toml"
cargo run --quiet -p plumbline -- import "$work/model.ubj" -o "$here/demo.plumb" --schema "$work/declaration.toml"
