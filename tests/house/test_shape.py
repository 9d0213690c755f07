"""Same files in every adapter and provider folder; files under 300 lines, functions under 60."""

from __future__ import annotations

from pathlib import Path

from .source import ROOT, Source, everything, functions, holds, house_of

ADAPTER = ("adapter", "config", "parse", "markup", "wire", "errors", "sandbox")
PROVIDER = ("provider", "wire", "errors", "sandbox")

FILE_LINES = 300
TEST_FILE_LINES = 500
FUNCTION_LINES = 60


def rooms(folder: Path) -> list[Path]:
    """Folders of one platform or provider each; `kit` serves them all."""
    if not folder.is_dir():
        return []
    return [room for room in sorted(folder.iterdir()) if room.name != "kit" and any(room.rglob("*.py"))]


def missing_files(root: Path) -> list[str]:
    wanted = [(room, ADAPTER) for room in rooms(root / "adapters")]
    wanted += [(room, PROVIDER) for kind in ("llm", "payments") for room in rooms(root / "providers" / kind)]
    return [
        f"{room.relative_to(root).as_posix()}: lacks {name}.py (or a folder of that name)"
        for room, names in wanted
        for name in names
        if not (room / f"{name}.py").is_file() and not (room / name).is_dir()
    ]


def too_long(files: list[Source]) -> list[str]:
    found = []
    for source in files:
        if source.path.startswith("storage/migrations/"):
            continue
        testing = source.path.startswith("tests/")
        lines = source.text.count("\n")
        if lines >= (TEST_FILE_LINES if testing else FILE_LINES):
            found.append(f"{source.path}: {lines} lines")
        for name, function in () if testing else functions(source.tree):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length >= FUNCTION_LINES:
                found.append(f"{source.path}:{function.lineno}: {name} has {length} lines")
    return found


def test_every_adapter_and_provider_has_the_same_files() -> None:
    found = missing_files(ROOT)
    assert not found, "\n" + "\n".join(found)


def test_files_and_functions_are_short() -> None:
    holds(too_long, everything())


def test_a_missing_file_is_caught(tmp_path: Path) -> None:
    house_of(
        tmp_path,
        **{f"adapters__web__{name}": "" for name in ADAPTER if name != "wire"},
        adapters__web__wire__frames="",
        adapters__kit__rate="",
        **{f"providers__llm__demo__{name}": "" for name in PROVIDER},
    )
    assert missing_files(tmp_path) == []
    (tmp_path / "adapters" / "web" / "markup.py").unlink()
    (tmp_path / "providers" / "llm" / "demo" / "errors.py").unlink()
    assert [one.split(":")[0] for one in missing_files(tmp_path)] == ["adapters/web", "providers/llm/demo"]


def test_a_long_file_and_a_long_function_are_caught(tmp_path: Path) -> None:
    body = "    x = 1\n"
    files = house_of(
        tmp_path,
        hub__core__long="x = 1\n" * 300,
        hub__core__short="x = 1\n" * 299,
        hub__core__turn="class A:\n  def f():\n" + body * 59 + "  def g():\n" + body * 58,
        storage__migrations__versions__first="x = 1\n" * 900,
    )
    assert too_long(files) == ["hub/core/long.py: 300 lines", "hub/core/turn.py:2: A.f has 60 lines"]
