// Looks at files before they are sent: this is the js_on_load of a gr.HTML next to the drop zone, which gives `element`,
// `props` and `trigger`. Gradio's zone alone sends nothing at all when one file is too large, and takes no folder.
const room = document.getElementById('many');
const HIDDEN = /^(\.|thumbs\.db$|desktop\.ini$)/i; // what systems put into folders of photos
const input = () => room.querySelector('#many-files input[type=file]');
const invitation = matchMedia('(hover: none)').matches ? 'Tap to choose your photos' : 'Drop your photos here, or click to choose them';
let ours = false;

// What cannot be opened is left out.
async function filesIn(entry, found) {
    if (entry.isFile) {
        const file = await new Promise(done => entry.file(done, () => done()));
        if (file && !HIDDEN.test(file.name)) found.push(file);
    } else {
        const reader = entry.createReader(); // gives a hundred entries at a time, and none at the end
        for (let some; found.length <= props.most && (some = await new Promise(done =>
            reader.readEntries(done, () => done([])))).length;) for (const inside of some) await filesIn(inside, found);
    }
}

function send(files) {
    if (!files.length || files.length > props.most) return trigger('select', {count: files.length});
    const sent = new DataTransfer();
    for (const file of files) sent.items.add(file.size > props.bytes ? new File([props.too_large_mark + file.size], file.name) : file);
    const to = input();
    to.files = sent.files;
    ours = true;
    to.dispatchEvent(new Event('change', {bubbles: true}));
    ours = false;
}

room.addEventListener('change', event => {
    if (ours || event.target !== input()) return;
    event.stopPropagation();
    send([...event.target.files].filter(file => !file.webkitRelativePath || !HIDDEN.test(file.name)));
}, true);

document.addEventListener('drop', async event => { // anywhere on the page, while this tab is open
    if (!input() || !room.offsetParent || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.dispatchEvent(new DragEvent('dragleave', {bubbles: true})); // the zone's highlight
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry()).filter(entry => entry);
    const found = [...event.dataTransfer.files];
    if (!entries.some(entry => entry.isDirectory)) return send(found);
    const inside = [];
    for (const entry of entries) await filesIn(entry, inside);
    send(inside);
}, true);

room.addEventListener('click', event => { // before the zone opens the chooser: a phone then offers its photos
    if (!input() || event.target === input()) return;
    input().accept = 'image/*';
    input().webkitdirectory = false;
}, true);

element.querySelector('button').addEventListener('click', () => {
    input().webkitdirectory = true;
    input().click();
});

new MutationObserver(() => { // Gradio's words speak of one file
    const words = room.querySelector('#many-files [data-testid="upload-text"]:has(.or)');
    if (words) {
        words.replaceChildren(words.querySelector('svg'), invitation);
        words.closest('button').removeAttribute('aria-label');
    }
}).observe(room, {subtree: true, childList: true});
