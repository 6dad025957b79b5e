"""HTML from the templates next to this file; whatever is put into them is escaped unless it is Markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, **values: Any) -> Markup:
    """The template `name`.html with the values in their places."""
    return Markup(_TEMPLATES.get_template(f"{name}.html").render(**values).strip())


def macro(template: str, name: str, *values: Any) -> Markup:
    """One macro of a template, called with the values."""
    return Markup(getattr(_TEMPLATES.get_template(f"{template}.html").module, name)(*values).strip())
