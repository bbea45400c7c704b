"""The parsed language for coding tests: the very pipeline that the coder uses."""

from typing import Any

import pytest
from spacy.language import Language


@pytest.fixture(scope="session")
def nlp(coder: Any) -> Language:
    """The coder's spaCy pipeline."""
    pipeline: Language = coder.nlp
    return pipeline
