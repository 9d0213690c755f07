#!/bin/sh
# Makes a virtual environment in $1 with the first Python on PATH that is new enough. Says in words what is missing.
set -u
venv=$1

say() { printf '%s\n' "$*" >&2; }

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

complete() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

make_with() {
    say "Making $venv with $("$1" --version 2>&1) ..."
    "$@" "$venv" || { rm -rf "$venv"; return 1; }
}

old=''
incomplete=''
for name in ${PYTHON3:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
    command -v "$name" >/dev/null 2>&1 || continue
    if ! fits "$name"; then
        version=$("$name" --version 2>/dev/null) && old="$version ($name)"
    elif complete "$name"; then
        make_with "$name" -m venv --clear && exit 0
        exit 1
    else
        incomplete=${incomplete:-$name}
    fi
done

if [ -n "$incomplete" ]; then
    # Some systems split the parts of Python that make environments into packages of their own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "$incomplete cannot make virtual environments yet; installing python3-venv ..."
        { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null </dev/null
        complete "$incomplete" && make_with "$incomplete" -m venv --clear && exit 0
    fi
    say "$($incomplete --version) is here, but without its venv and ensurepip modules."
    say "Install them (Debian and Ubuntu: sudo apt-get install python3-venv) and run this again."
    exit 1
fi

say "Parley needs Python 3.11 or newer; ${old:-no Python} was found on PATH."
say "Install a newer one, or name it: make run PYTHON3=/path/to/python3.11"
exit 1
