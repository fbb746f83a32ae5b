"""The settings as the README shows them."""

from enum import Enum

from pydantic import SecretStr

from settings.together import Settings


def settings_table() -> str:
    """The settings as a Markdown table: name, default, what it is."""
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "**must be set**" if field.is_required() else _shown(field.default)
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    value = default.value if isinstance(default, Enum) else default
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "" if plain in (None, "") else f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"
