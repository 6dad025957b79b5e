// Sending a photo that was chosen, taken, pasted, dropped or handed over by another tab; the last result stays, dimmed,
// until the new one has been read. This is the first part of the js_on_load of a gr.HTML, which gives `element`, `props`,
// `trigger` and `upload`; the second part says when a photo that came to the page is its.
const room = element.closest('#one, #compare');
const part = name => element.querySelector(`.${name}`);
const asHtml = words => Object.assign(document.createElement('p'), {textContent: words}).innerHTML;
const isSeen = id => Boolean(document.getElementById(id)?.offsetParent);

// The photo itself is shown, dimmed, where there is no photo yet; of one that the browser cannot show, only its name.
let shown = '';
function preview(file) {
    if (props.coming === undefined || !(file || shown)) return;
    URL.revokeObjectURL(shown);
    props.coming = shown = file ? URL.createObjectURL(file) : '';
}

function fail(sentence) {
    preview(null);
    room.removeAttribute('data-busy');
    props.failed = asHtml(sentence);
}

async function send(file) {
    if (!file) return;
    props.failed = '';
    if (file.size > props.bytes) {
        return fail(`${file.name} has ${(file.size / 2 ** 20).toFixed(1)} MB; please send a photo of at most ${props.bytes / 2 ** 20} MB.`);
    }
    room.dataset.busy = '';
    preview(file);
    props.waits = asHtml(`Reading ${file.name} …`);
    try {
        const {path, url} = await upload(file);
        const meta = {_type: 'gradio.FileData'};
        props.value = {...props.value, file: {path, url, orig_name: file.name, size: file.size, mime_type: file.type, meta}};
        trigger('sent');
    } catch {
        fail(`${file.name} could not be sent. Check the connection, then send it again.`);
    }
}

element.addEventListener('change', event => {
    const input = event.target.closest('[data-file]');
    if (!input) return;
    send(input.files[0]);
    input.value = ''; // so that the same file can be chosen again
});

element.addEventListener('click', event => {
    const way = event.target.closest('[data-act=choose], [data-act=take]')?.dataset.act;
    if (way) element.querySelector(`[data-file=${way}]`).click();
});
