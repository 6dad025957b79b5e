const page = "http://127.0.0.1:7860/";
const [photo] = document.querySelector("input[type=file]").files;

const form = new FormData();
form.append("files", photo);
const upload = await fetch(`${page}gradio_api/upload`, { method: "POST", body: form });
const call = await fetch(`${page}gradio_api/call/read`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ data: await upload.json() }),
});
const { event_id } = await call.json();
const events = await (await fetch(`${page}gradio_api/call/read/${event_id}`)).text();
const [reading, picture] = JSON.parse(events.match(/^event: complete\ndata: (.*)$/m)[1]);
console.log(reading.number, reading.confidence);
