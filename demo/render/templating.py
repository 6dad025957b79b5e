"""Fill the HTML templates next to this file; values are escaped unless they are Markup."""

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
    """Fill the template `name`.html."""
    return Markup(_TEMPLATES.get_template(f"{name}.html").render(**values).strip())


def macro(template: str, name: str, *values: Any) -> Markup:
    """Call one macro of a template."""
    return Markup(getattr(_TEMPLATES.get_template(f"{template}.html").module, name)(*values).strip())
