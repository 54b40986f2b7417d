#!/bin/sh
# Makes a virtual environment and installs a locked requirements file and this project into it.
# Usage: setup.sh PYTHON VENV REQUIREMENTS
set -eu
python=$1 venv=$2 requirements=$3
say() { printf 'setup: %s\n' "$*" >&2; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  say "$python is $("$python" -V 2>&1); version 3.11 or later is needed. Name another: make PYTHON=python3.12 …"; exit 1; }

if [ ! -x "$venv/bin/python" ]; then
  say "making $venv"
  "$python" -m venv "$venv" >/dev/null 2>&1 || "$python" -m venv --without-pip --clear "$venv" || {
    say "$python cannot make virtual environments: install your system's package for it (on Debian: python3-venv)"; exit 1; }
fi
if [ ! -x "$venv/bin/uv" ]; then
  # A Python without ensurepip (Debian without python3-venv) can still do it with a uv or a pip from elsewhere.
  if "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null 2>&1; then
    "$venv/bin/python" -m pip install -q --disable-pip-version-check uv
  elif command -v uv >/dev/null; then ln -sf "$(command -v uv)" "$venv/bin/uv"
  elif "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m pip install -q --disable-pip-version-check --target "$venv/lib/bootstrap" uv
    ln -sf ../lib/bootstrap/bin/uv "$venv/bin/uv"
  else say "neither pip nor uv is here: install your system's package of pip (on Debian: python3-venv)"; exit 1; fi
fi
say "installing $requirements"
UV_NO_PROGRESS=1 "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r "$requirements"
"$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-deps -e .
say "ready"
