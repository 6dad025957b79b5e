# pip install gradio_client
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860/")
reading, picture = client.predict(handle_file("house.jpg"), api_name="/read")
print(reading.get("number"), reading.get("confidence"), reading.get("error"))
