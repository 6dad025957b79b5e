page=http://127.0.0.1:7860/

paths=$(curl -fsS -F files=@house.jpg -F files=@door.jpg ${page}gradio_api/upload)
event=$(curl -fsS -H "Content-Type: application/json" \
  -d "{\"data\": [$paths]}" ${page}gradio_api/call/read_batch | cut -d '"' -f 4)
curl -fsS ${page}gradio_api/call/read_batch/$event |
  sed -n '/^event: complete/{n;s/^data: //p;}'
