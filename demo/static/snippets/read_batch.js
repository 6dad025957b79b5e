const page = "http://127.0.0.1:7860/";
const photos = document.querySelector("input[type=file]").files;

const form = new FormData();
for (const photo of photos) form.append("files", photo);
const upload = await fetch(`${page}gradio_api/upload`, { method: "POST", body: form });
const call = await fetch(`${page}gradio_api/call/read_batch`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ data: [await upload.json()] }),
});
const { event_id } = await call.json();
const events = await (await fetch(`${page}gradio_api/call/read_batch/${event_id}`)).text();
const [readings] = JSON.parse(events.match(/^event: complete\ndata: (.*)$/m)[1]);
for (const reading of readings) console.log(reading.file, reading.number, reading.error);
