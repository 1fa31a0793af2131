"""What every form of these pages can say of itself."""

from flask_wtf import FlaskForm


class PageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form whose faults stand beside the fields and in the summary."""

    @property
    def faults(self) -> dict[str, str]:
        """Return the first message of each wrong field, in the order of the page."""
        return {name: messages[0] for name, messages in self.errors.items()}
