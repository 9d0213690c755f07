"""The shipped settings.toml lists every key with its default and one line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from hub.runtime.settings.load import load
from hub.runtime.settings.reference import reference, set_key
from hub.runtime.settings.shape import every_key

SHIPPED = Path(__file__).parents[3] / "settings.toml"


def test_the_shipped_file_is_the_generated_one() -> None:
    """To mend: python -m hub.runtime.settings.reference > settings.toml"""
    assert SHIPPED.read_text(encoding="utf-8") == reference()


def test_every_key_stands_in_it_with_a_line() -> None:
    lines = reference().splitlines()
    keys = [line for line in lines if re.match(r"# [a-z_0-9]+ =", line)]
    assert len(keys) == len({path[:2] if path[0] == "overlap" else path for path in every_key()}) > 100
    assert [line for line in keys if not re.search(r"  # \S", line)] == []


def test_as_shipped_it_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(reference())
    assert load(tmp_path, {"PARLEY_SECRETS_DIR": "/nowhere"}).settings == load(tmp_path / "none", {}).settings


def test_with_every_line_uncommented_it_still_says_the_defaults(tmp_path: Path) -> None:
    """But for what has no default, and for tables whose name an operator chooses."""
    text = reference().replace("<name>", "demo")
    text = re.sub(r"^# (\[.*)$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^# ([a-z_]+ = ?\S.*)$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^# ?[a-z_]+ =  #.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^[a-z_]+ =  #.*$", "", text, flags=re.MULTILINE)
    tree = tomllib.loads(text)
    assert tree["server"]["port"] == 8080
    assert tree["web"]["sites"][0]["appearance"]["position"] == "right"
    assert set(tree) >= {"server", "limits", "providers", "models", "telegram", "plans"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[routing]\n# default = \"\"  # words\n", '[routing]\ndefault = "a"  # words\n'),
        ('[routing]\ndefault = "b"\n[log]\n# default = 1\n', '[routing]\ndefault = "a"\n[log]\n# default = 1\n'),
        ("[routing]\n[log]\n", '[routing]\ndefault = "a"\n[log]\n'),
        ("[log]\n", '[log]\n\n[routing]\ndefault = "a"\n'),
    ],
)  # fmt: skip
def test_one_key_is_set_and_the_rest_stays(before: str, after: str) -> None:
    assert set_key(before, "routing", "default", "a") == after
    assert set_key(after, "routing", "default", "a") == after
