#!/bin/sh
# Pins requirements*.in with hashes, for every system and Python from 3.11 on, without any registry address.
set -eu
python=$1
uv=.cache/lock/bin/uv
if [ ! -x "$uv" ]; then
    "$python" -m venv .cache/lock
    .cache/lock/bin/python -m pip install -qq --disable-pip-version-check uv
fi
pin() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
        --no-emit-find-links "$@"
}
pin requirements.in -o requirements.txt
pin requirements-dev.in -o requirements-dev.txt
if [ -f requirements-model.in ]; then pin --no-deps requirements-model.in -o requirements-model.txt; fi
