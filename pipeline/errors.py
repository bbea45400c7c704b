"""Every error Dateline raises on purpose. The docstring is the sentence; the message holds the value."""


class DatelineError(Exception):
    """Something went wrong that Dateline can explain."""


class SettingsError(DatelineError):
    """A setting or an option cannot be used; the run stops before it touches the store."""


class StoreError(DatelineError):
    """The store cannot be opened or is not a Dateline store."""


class StoreMissingError(StoreError):
    """There is no store at this path yet."""


class StoreBrokenError(StoreError):
    """The file is there and is not a readable Dateline store."""


class StoreBusyError(StoreError):
    """Another program holds the store, or its disk is full; nothing was lost, and the same can be done again later."""


class StoreFullError(StoreBusyError):
    """There is no room for the store, or its disk fails; nothing that was stored is lost."""


class NotFoundError(DatelineError):
    """No such article, report, incident or decision."""


class DecisionError(DatelineError):
    """A decision that cannot be taken: the field, the value or the target does not fit."""


class NotAllowedError(DecisionError):
    """Who asks may read and change nothing; the message says what is missing."""


class ChangedError(DecisionError):
    """What a decision is about has changed since whoever takes it looked at it; nothing was written."""


class ViewError(DatelineError):
    """A saved view that cannot be kept so: its name is empty, too long or taken."""


class DeliveryError(DatelineError):
    """An alert could not be delivered; it is tried again at the next run."""


class RefusedError(DatelineError):
    """One input cannot be taken; it goes to quarantine with its reason and the run goes on.

    `step` is where it was refused (read, decode, parse, normalise, code), `reason` one sentence.
    """

    step = "read"

    def __init__(self, reason: str, *, item: str = "", step: str | None = None) -> None:
        super().__init__(f"{item}: {reason}" if item else reason)
        self.reason = reason
        self.item = item
        if step:
            self.step = step


class UnreadableError(RefusedError):
    """The file cannot be opened or read."""


class EncodingError(RefusedError):
    """The bytes are no text in any encoding we can tell."""

    step = "decode"


class FormatError(RefusedError):
    """The file is not of a form we read, or lacks what that form must have."""

    step = "parse"


class TooLargeError(RefusedError):
    """The file or text is larger than the limit in force."""


class LimitError(RefusedError):
    """It would take more time, memory or unpacking than anything honest takes."""


class UnsafeError(RefusedError):
    """It asks for what no article needs: an entity from outside, a path out of its archive."""

    step = "parse"


class EmptyError(RefusedError):
    """There is no text in it."""

    step = "normalise"


class DateError(RefusedError):
    """A date is given and cannot be read as one."""

    step = "parse"


class GazetteerError(DatelineError):
    """The gazetteer's index cannot be built or opened."""


class FetchError(DatelineError):
    """An address could not be fetched; the message says why."""


class AddressError(FetchError):
    """An address that is not fetched: no http(s), a private one that nobody allowed by name, or one that robots.txt disallows."""
