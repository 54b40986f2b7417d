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
  if ! "$python" -m venv "$venv" 2>/dev/null; then
    rm -rf "$venv"
    # A Python without ensurepip (Debian without python3-venv) can still do it with uv, or with its own pip.
    if command -v uv >/dev/null; then uv venv -q --python "$python" "$venv"
    elif "$python" -m pip --version >/dev/null 2>&1; then
      "$python" -m venv --without-pip "$venv"
      "$python" -m pip install -q --disable-pip-version-check --target "$venv/lib/bootstrap" uv
      ln -sf ../lib/bootstrap/bin/uv "$venv/bin/uv"
    else say "$python has neither venv nor pip: install your system's package for it (on Debian: python3-venv)"; exit 1; fi
  fi
fi
if [ ! -x "$venv/bin/uv" ]; then
  if [ -x "$venv/bin/pip" ]; then "$venv/bin/pip" install -q --disable-pip-version-check uv
  else ln -sf "$(command -v uv)" "$venv/bin/uv"; fi
fi
say "installing $requirements"
UV_NO_PROGRESS=1 "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r "$requirements"
"$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-deps -e .
say "ready"
