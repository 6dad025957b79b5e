"""What a person sees, as text, HTML and pictures. No Gradio in here."""
