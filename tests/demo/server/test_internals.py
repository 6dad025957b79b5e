"""A release of Gradio that lacks what the page uses is refused at the start."""

import gradio as gr
import pytest
from gradio import networking, processing_utils, state_holder

from demo.server import internals
from svhn.utils.errors import UserError


@pytest.mark.parametrize(
    ("owner", "name"),
    [(networking, "setup_tunnel"), (processing_utils, "save_bytes_to_cache"), (state_holder.StateHolder, "update")],
)
def test_what_is_lacking_is_named_and_the_installed_release_has_all(monkeypatch, owner, name):
    with gr.Blocks() as page:
        internals.check(page)
        monkeypatch.delattr(owner, name)
        with pytest.raises(UserError, match=name):
            internals.check(page)
