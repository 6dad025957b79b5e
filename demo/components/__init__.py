"""Parts of the page that Gradio does not provide in the form needed: inputs, the photo stage, examples."""
