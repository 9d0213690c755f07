"""A value is the standard frozen dataclass in all but where its refusal to be changed stands."""

from __future__ import annotations

import copy
import gc
import pickle
from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from hub.domain.model import Price
from hub.domain.reply import Button


def test_a_value_is_made_compared_copied_and_never_changed() -> None:
    button = Button("Again", "retry")
    assert button == Button("Again", "retry")
    assert hash(button) == hash(Button("Again", "retry"))
    assert replace(button, label="More") == Button("More", "retry")
    assert copy.deepcopy(button) == pickle.loads(pickle.dumps(button)) == button
    assert asdict(button)["command"] == "retry"
    with pytest.raises(FrozenInstanceError, match="'label' of a Button"):
        button.label = "Less"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del button.label  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        setattr(button, "new", 1)  # noqa: B010 - as careless code would


def test_a_value_has_one_class() -> None:
    gc.collect()
    assert [kept.__name__ for kept in object.__subclasses__() if kept.__qualname__ == "Price"] == [Price.__name__]
