import pytest

from hub.domain.completion import CompletionRequest, PromptMessage, Role
from providers.llm.demo import provider as demo
from tests.contract.provider.subjects import subjects


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(what): what a vendor must have for this test to make sense")


def pytest_collection_modifyitems(config, items):
    """A provider without a server is not asked what it makes of one that fails."""
    asked = [item for item in items if {"faulty", "subject"} <= set(getattr(item, "fixturenames", ()))]
    gone = [item for item in asked if not item.callspec.params["subject"].sandbox]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


@pytest.fixture(params=subjects(), ids=lambda subject: subject.kind)
def subject(request, monkeypatch):
    monkeypatch.setattr(demo, "WORDS_PER_SECOND", 1_000_000)
    return request.param


@pytest.fixture
async def sandbox(subject):
    """The stand-in behind the subject, None when it has none."""
    if subject.sandbox is None:
        yield None
        return
    async with subject.sandbox() as running:
        yield running


@pytest.fixture
async def faulty(sandbox):
    """The stand-in, for tests that need one."""
    return sandbox


@pytest.fixture(autouse=True)
def has(request):
    """`@pytest.mark.needs("tools")`: skipped for a vendor that has none."""
    marker = request.node.get_closest_marker("needs")
    if marker and set(marker.args) & request.getfixturevalue("subject").lacks:
        pytest.skip(f"this vendor has no {marker.args[0]}")


@pytest.fixture
async def connect(subject, sandbox):
    """Make a provider at the stand-in; fields go into its endpoint."""
    made = []

    def make(**fields):
        fields.setdefault("base_url", sandbox.base_url if sandbox else "")
        made.append(subject.create(subject.endpoint(**fields)))
        return made[-1]

    yield make
    for provider in made:
        await provider.close()


def asking(text="What is Parley?", **fields) -> CompletionRequest:
    return CompletionRequest(**{"model": "small", "messages": (PromptMessage(Role.USER, text),), **fields})


async def hear(provider, request=None) -> list:
    return [event async for event in provider.stream(request or asking())]
