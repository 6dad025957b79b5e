"""Results as text, HTML and pictures. No Gradio in here."""
