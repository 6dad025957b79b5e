"""Inputs and other parts of the page that Gradio does not have as we need them."""
