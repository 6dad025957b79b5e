# pip install gradio_client
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860/")
photos = [handle_file(name) for name in ("house.jpg", "door.jpg")]
for reading in client.predict(photos, api_name="/read_batch"):
    print(reading["file"], reading.get("number"), reading.get("error"))
